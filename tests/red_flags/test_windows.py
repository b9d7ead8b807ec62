"""Windows: the whole message and its clauses, passages of a long one, within a budget."""

from __future__ import annotations

from assistant.red_flags.clauses import split_clauses
from assistant.red_flags.windows import (
    LINE,
    LONGEST,
    MOST_PASSAGES,
    MOST_WINDOWS,
    Windows,
    windows_of,
)


def clauses(number: int) -> list[tuple[int, int]]:
    """Clauses of 19 characters with one between them."""
    return [(i * 20, i * 20 + 19) for i in range(number)]


def test_a_short_message_is_one_window() -> None:
    windows = windows_of("my legs are numb", [(0, 16)])
    assert (windows.spans, windows.contexts, windows.complete) == (((0, 16),), (0,), True)


def test_a_blank_message_has_none() -> None:
    assert windows_of(" \n", []).spans == ()


def test_short_clauses_are_joined_and_their_neighbours_read_alone_too() -> None:
    windows = windows_of("no. ok. my legs are numb. yes", [(0, 2), (4, 6), (8, 24), (26, 29)])
    assert set(windows.spans) == {(0, 29), (8, 24), (0, 24)}
    assert windows.spans[0] == (0, 29) and set(windows.contexts) == {0}


def passages_of(windows: Windows) -> list[tuple[int, int]]:
    return [span for n, span in enumerate(windows.spans) if windows.contexts[n] == n]


def test_a_long_message_is_read_in_passages_that_are_the_context_of_their_clauses() -> None:
    windows = windows_of("x" * 2000, clauses(100))
    passages = passages_of(windows)
    assert windows.complete and windows.passages == len(passages)
    assert len(windows.spans) == MOST_WINDOWS
    assert passages[0][0] == 0 and passages[-1][1] == 2000
    assert all(LINE <= end - start <= LONGEST for start, end in passages[:-1])
    for number, (start, end) in enumerate(windows.spans):
        first, last = windows.spans[windows.contexts[number]]
        assert first <= start and end <= last


def test_a_line_of_a_long_message_is_a_passage() -> None:
    story = "I went to the shop on Monday and bought bread. " * 8
    text = f"{story}\nmy legs are numb since this morning\n{story}"
    windows = windows_of(text, [(c.start, c.end) for c in split_clauses(text)])
    assert "my legs are numb since this morning" in {text[slice(*w)].strip() for w in windows.spans}


def test_a_longer_line_is_cut_between_its_sentences() -> None:
    text = "I went to the shop on Monday and bought bread. " * 40
    passages = passages_of(windows_of(text, [(c.start, c.end) for c in split_clauses(text)]))
    assert len(passages) > 5
    assert all(text[:end].rstrip().endswith("bread.") for _, end in passages)


def test_what_is_too_long_is_read_in_part_and_says_so() -> None:
    windows = windows_of("x" * 40_000, clauses(2000))
    assert not windows.complete and len(windows.spans) == 2 * MOST_WINDOWS
    assert len(passages_of(windows)) == 2 * MOST_PASSAGES < windows.passages


def test_of_a_long_message_what_looks_most_like_a_mention_is_read() -> None:
    text = "".join(f"sentence number{n:04d}\n" for n in range(2000))
    spans = [(n * 20, n * 20 + 19) for n in range(2000)]
    looked = windows_of(text, spans, look=lambda texts: ["1234" in text for text in texts])
    assert any("1234" in text[slice(*span)] for span in looked.spans)
    seen = windows_of(text, spans, seen=[(30_003, 30_010)], look=lambda texts: [0.0] * len(texts))
    assert any(start <= 30_003 and end >= 30_010 for start, end in seen.spans)


def test_a_message_without_clauses_is_cut() -> None:
    windows = windows_of("x" * 2000, [(0, 2000)])
    assert all(end - start <= LONGEST for start, end in windows.spans)

"""Windows: the whole message and its clauses, blocks of a long one, within a budget."""

from __future__ import annotations

from assistant.red_flags.windows import BLOCK, LONGEST, MOST_WINDOWS, windows_of


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


def test_a_long_message_is_read_in_blocks_that_are_the_context_of_their_clauses() -> None:
    windows = windows_of("x" * 2000, clauses(100))
    blocks = [span for n, span in enumerate(windows.spans) if windows.contexts[n] == n]
    assert windows.complete and len(windows.spans) == MOST_WINDOWS
    assert blocks[0][0] == 0 and blocks[-1][1] == 2000
    assert all(BLOCK <= end - start <= LONGEST for start, end in blocks[:-1])
    for number, (start, end) in enumerate(windows.spans):
        first, last = windows.spans[windows.contexts[number]]
        assert first <= start and end <= last


def test_what_is_too_long_is_read_in_part_and_says_so() -> None:
    windows = windows_of("x" * 40_000, clauses(2000))
    assert not windows.complete and len(windows.spans) == MOST_WINDOWS
    assert windows.spans[0][0] == 0 and windows.spans[-1][1] == 40_000  # its two ends


def test_of_a_long_message_the_blocks_and_clauses_where_rules_fired_are_read() -> None:
    assert (1000, 1019) in windows_of("x" * 2000, clauses(100), seen=[(1003, 1010)]).spans
    far = windows_of("x" * 40_000, clauses(2000), seen=[(20_003, 20_010)])
    assert any(start <= 20_003 and end >= 20_010 for start, end in far.spans)


def test_a_message_without_clauses_is_cut() -> None:
    windows = windows_of("x" * 2000, [(0, 2000)])
    assert all(end - start <= LONGEST for start, end in windows.spans)

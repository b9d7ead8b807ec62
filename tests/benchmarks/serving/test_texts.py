import itertools
import json

import pytest

from assistant.benchmarks.serving.soak import RED_FLAG_EVERY, mixed_texts
from assistant.benchmarks.serving.texts import (
    AFTER,
    BEFORE,
    HANDOFF,
    RED_FLAGS,
    SERVICE,
    distinct_texts,
)


def test_more_messages_than_a_soak_needs_are_all_distinct():
    texts = list(itertools.islice(distinct_texts(), 50_000))
    assert len(set(texts)) == 50_000


def test_each_message_is_asked_as_it_stands_before_any_with_words_around_it(tmp_path):
    (tmp_path / "faq.jsonl").write_text(
        "\n".join(json.dumps({"text": text}) for text in ("one", "two", "two"))
    )
    texts = distinct_texts(("faq",), tmp_path)
    assert {next(texts), next(texts)} == {"one", "two"}
    assert len(next(texts)) > len("one")


def test_when_all_are_used_up_it_says_how_many_there_were(tmp_path):
    (tmp_path / "faq.jsonl").write_text(json.dumps({"text": "one"}))
    count = len(BEFORE) * len(AFTER)
    with pytest.raises(ValueError, match=f"all {count} distinct"):
        list(distinct_texts(("faq",), tmp_path))


def test_the_order_is_the_same_each_time():
    first, second = (list(itertools.islice(distinct_texts(), 50)) for _ in range(2))
    assert first == second


def test_one_message_in_twenty_of_a_soak_mentions_a_red_flag():
    red_flags = set(itertools.islice(distinct_texts(RED_FLAGS), 500))
    said = list(itertools.islice(mixed_texts(), 20 * RED_FLAG_EVERY))
    assert sum(text in red_flags for text, _ in said) == 20
    assert all(flagged == (text in red_flags) for text, flagged in said)


def test_one_kind_alone(tmp_path):
    rows = [{"text": "a nurse please", "kind": "handoff"}, {"text": "hello", "kind": "chitchat"}]
    (tmp_path / "service.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert next(distinct_texts(("service",), tmp_path, kind="handoff")) == "a nurse please"
    assert all(
        "nurse" in text for text in itertools.islice(distinct_texts(SERVICE, tmp_path, HANDOFF), 9)
    )

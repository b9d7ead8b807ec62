import json

import pytest

from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.red_flag_peers import (
    EmbeddingScreen,
    KeywordSearch,
    KeywordsError,
    RedFlagSets,
    flag_table,
    load_keywords,
    load_red_flag_sets,
    measure_flags,
)
from assistant.evaluation.red_flags import EMERGENCIES, HARMLESS, MENTIONS, NEAR_MISSES, PLAIN
from assistant.evaluation.shares import Share
from assistant.red_flags.mention import categories

NUMB = {"text": "my legs are numb", "status": "present", "urgency": "emergency", "style": "plain"}
FEVER = {"text": "any fever?", "status": "asked", "urgency": "same-day", "style": "terse"}
SETS = RedFlagSets((NUMB, FEVER), ("the forms are mind-numbing", "numb fingers?"), ("can I swim",))


def test_keywords_are_found_as_whole_words_in_any_case():
    search = KeywordSearch({"jaw": ["sore jaw"], "fracture": ["can't walk"]})
    texts = ["SORE\njaw", "I can’t walk", "sorejaw", "sore jawbone", ""]
    assert search.flags(texts) == [True, True, False, False, False]


def test_shipped_keywords_name_each_category():
    keywords = load_keywords()
    assert set(keywords) == set(categories())
    search = KeywordSearch(keywords)
    assert search.flags(["I can't feel my legs", "what is denosumab"]) == [True, False]


@pytest.mark.parametrize("content", ["jaw: [sore jaw]", "sniffles: [sneeze]"])
def test_keywords_without_all_categories_are_refused(content, tmp_path):
    file = tmp_path / "keywords.yml"
    file.write_text(content)
    with pytest.raises(KeywordsError, match=r"keywords\.yml.*cord-compression"):
        load_keywords(file)


def test_rows_count_recall_and_false_alarms():
    rows = measure_flags(lambda texts: ["numb" in text for text in texts], SETS)
    assert rows == {
        EMERGENCIES: Share(1, 1),
        PLAIN: Share(1, 1),
        MENTIONS: Share(1, 2),
        NEAR_MISSES: Share(2, 2),
        HARMLESS: Share(2, 3),
    }


def test_table_has_a_column_for_each_peer_and_leaves_other_rows_out():
    rows = measure_flags(lambda texts: [True] * len(texts), SETS)
    table = flag_table({"assistant": {**rows, "right entry first": Share(1, 2)}, "keywords": rows})
    assert table.splitlines()[0].split() == ["red", "flags", "assistant", "keywords"]
    assert len(table.splitlines()) == 7 and "right entry" not in table


def test_table_says_which_peers_have_a_threshold():
    rows = measure_flags(lambda texts: [True] * len(texts), SETS)
    footnote = flag_table({"assistant": rows}).splitlines()[-1]
    assert "minilm flags from the threshold on that flags 5% of the harmless" in footnote
    assert "stock DIET where the red flag is its best intent" in footnote


def test_sets_are_read_with_near_misses_apart(tmp_path):
    others = ["faq", "uncovered", "personal_advice", "service", "several", "follow_up"]
    for name in ("red_flags", "harmless", *others):
        row = {"turns": ["hello", name]} if name == "follow_up" else {**NUMB, "text": name}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row), encoding="utf-8")
    sets = load_red_flag_sets(tmp_path)
    assert sets.mentions[0]["text"] == "red_flags"
    assert sets.harmless == ["harmless", *others]


def test_embedding_screen_keeps_to_the_false_alarms_that_are_allowed():
    mentions = ["my legs are numb", "I can't feel my feet", "both legs have gone weak", "numb feet"]
    harmless = ["what is denosumab", "can I swim", "where do I park", "is it hereditary"]
    validation = ["what is a bone scan", "may I go jogging", "who pays for parking", "numb bored"]
    encoder = get_encoder(PACKAGED_MODEL)
    strict = EmbeddingScreen(encoder, mentions, harmless, validation, most_false=0.0)
    assert strict.flags(validation) == [False] * 4
    loose = EmbeddingScreen(encoder, mentions, harmless, validation, most_false=0.25)
    assert loose.threshold < strict.threshold
    assert sum(loose.flags(validation)) == 1
    assert loose.flags(["my feet and legs are numb", "what is a pet scan"]) == [True, False]

"""The advice of each category: there, readable, with the right numbers, and composed rightly."""

import re

import pytest
import textstat

from assistant.red_flags.advice import CONSTANT_ADVICE, compose, load_advice
from assistant.red_flags.mention import PRIORITIES, Mention, categories
from assistant.site import fill, load_site

ADVICE = load_advice()
TEXTS = [
    pytest.param(category, priority, text, id=f"{category}-{priority}")
    for category, advice in ADVICE.items()
    for priority, text in advice.texts.items()
]


def mention(category, priority, status="present"):
    return Mention(category, categories()[category], status, priority, "words")


def test_each_category_has_advice_for_each_priority_it_can_have():
    for category in categories():
        assert tuple(ADVICE[category].texts) == PRIORITIES


@pytest.mark.parametrize(("category", "priority", "text"), TEXTS)
def test_advice_is_easy_to_read(category, priority, text):
    plain = re.sub(r"\{\w+\}", "your number", text)
    plain = re.sub(r"^- (.*?)[.:;,]?$", r"\1.", plain, flags=re.MULTILINE)
    assert textstat.flesch_kincaid_grade(plain) <= 8
    assert len(plain.split()) <= (40 if priority == "review" else 125)


@pytest.mark.parametrize(("category", "priority", "text"), TEXTS)
def test_advice_names_a_number_and_says_that_nobody_watches(category, priority, text):
    assert re.search(r"\{(emergency_number|cancer_line|crisis_line)\}", text)
    assert priority == "review" or "Nobody reads this chat all the time" in text


@pytest.mark.parametrize("category", [c for c, u in categories().items() if u == "emergency"])
def test_page_advice_begins_with_the_emergency_number(category):
    assert "{emergency_number}" in ADVICE[category].texts["page"].split(".")[0]


def test_self_harm_gives_the_crisis_line():
    assert "{crisis_line}" in ADVICE["self-harm"].texts["page"]


def test_other_signs_are_named_to_be_told_on_the_phone():
    text = compose([mention("cord-compression", "page"), mention("infection", "same-day")], ADVICE)
    assert text.startswith(ADVICE["cord-compression"].texts["page"])
    assert ADVICE["infection"].title in text


def test_self_harm_keeps_its_own_words_beside_another_emergency():
    text = compose([mention("fracture", "page"), mention("self-harm", "page")], ADVICE)
    assert ADVICE["fracture"].texts["page"] in text
    assert ADVICE["self-harm"].texts["page"] in text


def test_negated_mention_gets_one_quiet_line():
    text = compose([mention("cord-compression", "review", "negated")], ADVICE)
    assert text == ADVICE["cord-compression"].texts["review"] and "\n" not in text


def test_constant_advice_needs_no_site():
    assert fill(CONSTANT_ADVICE, load_site()) == CONSTANT_ADVICE

"""The threshold: as many mentions as the bound on false alarms leaves room for."""

from __future__ import annotations

from assistant.red_flags.threshold import (
    NEAR_MISSES,
    Example,
    Rates,
    choose_threshold,
    flagged,
    rates,
)


def example(probability: float, mention: bool = True, **other: bool) -> Example:
    return Example(mention, mention, other.pop("firm", False), probability, **other)


def test_a_firm_rule_is_flagged_whatever_the_probability() -> None:
    assert flagged(example(0.0, firm=True), 0.5)


def test_rates_mix_near_misses_and_ordinary_messages() -> None:
    mixed = Rates(1.0, 1.0, near_misses=0.1, ordinary=0.0)
    assert mixed.false_alarms == NEAR_MISSES * 0.1


def test_the_threshold_misses_the_fewest_within_the_bound_on_false_alarms() -> None:
    examples = [example(p) for p in (0.9, 0.8, 0.7, 0.3)]
    examples += [example(p, mention=False, near_miss=True) for p in (0.75, 0.2, 0.1, 0.05)]
    loose = choose_threshold(examples, most_false=NEAR_MISSES * 0.25)
    assert rates(examples, loose).mentions == 1.0
    strict = choose_threshold(examples, most_false=0.0)
    assert rates(examples, strict) == Rates(0.5, 0.5, 0.0, 0.0)


def test_a_bound_that_rules_break_gives_the_fewest_false_alarms() -> None:
    examples = [example(0.9, firm=True), example(0.1, mention=False, firm=True, near_miss=True)]
    chosen = choose_threshold(examples, most_false=0.0)
    assert rates(examples, chosen).near_misses == 1.0
    assert chosen > 0.9

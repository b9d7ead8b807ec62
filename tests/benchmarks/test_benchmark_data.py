"""On the real files: they lie in shared/benchmarks beside the checkout, in CI too."""

import pytest

from assistant.benchmarks.data import (
    NO_INTENT,
    PUBLIC_DATA,
    BenchmarkDataError,
    load_covid_faq,
    load_hint3,
)


def test_hint3_has_the_published_sizes():
    sizes = {
        bot.name: (
            len(bot.bank.wordings),
            len({label for _, label in bot.bank.wordings}),
            len(bot.queries),
            sum(not query.right for query in bot.queries),
        )
        for bot in load_hint3()
    }
    assert sizes == {
        "curekart": (600, 28, 991, 539),
        "powerplay11": (471, 59, 983, 708),
        "sofmattress": (328, 21, 397, 166),
    }


def test_hint3_query_has_its_label_and_out_of_scope_has_none():
    (bot,) = load_hint3(bots=["curekart"])
    assert (bot.queries[0].text, bot.queries[0].right) == ("Order my product", {"ORDER_TAKING"})
    assert (bot.queries[1].text, bot.queries[1].right) == ("Hy", frozenset())


def test_covid_faq_has_the_published_sizes():
    bank = load_covid_faq()
    assert len(bank.bank.wordings) == len(bank.bank.answers) == 68
    assert len(bank.queries) == len(set(bank.texts)) == 1078
    assert all(query.right <= bank.bank.answers.keys() and query.right for query in bank.queries)


def test_covid_faq_query_is_linked_by_its_answer():
    bank = load_covid_faq()
    (query,) = (one for one in bank.queries if one.text == "world coronavirus die in summer")
    questions = {id_: text for text, id_ in bank.bank.wordings}
    assert {questions[id_] for id_ in query.right} == {
        "Will warm weather / summer / heat stop outbreak of COVID-19?"
    }


@pytest.mark.parametrize("load", [load_hint3, load_covid_faq])
def test_missing_data_says_where_it_goes(load, tmp_path):
    with pytest.raises(BenchmarkDataError, match=f"{tmp_path}.*shared/benchmarks.*--data"):
        load(tmp_path)


def test_hint3_label_without_training_sentences_is_refused(tmp_path):
    for part, row in (("train", "a,KNOWN"), ("test", f"b,{NO_INTENT}\nc,STRANGE")):
        file = tmp_path / "hint3" / "v1" / part / f"curekart_{part}.csv"
        file.parent.mkdir(parents=True)
        file.write_text(f"sentence,label\n{row}\n")
    with pytest.raises(BenchmarkDataError, match="STRANGE"):
        load_hint3(tmp_path, ["curekart"])


def test_hint3_file_with_other_columns_is_refused(tmp_path):
    file = tmp_path / "hint3" / "v1" / "train" / "curekart_train.csv"
    file.parent.mkdir(parents=True)
    file.write_text("text,intent\na,b\n")
    with pytest.raises(BenchmarkDataError, match="needs sentence and label"):
        load_hint3(tmp_path, ["curekart"])


@pytest.mark.parametrize("content", ["{", '[{"question": "a"}]', "3"])
def test_covid_faq_in_another_form_is_refused(content, tmp_path):
    file = tmp_path / "covidfaq" / "query_answer_pairs.json"
    file.parent.mkdir()
    file.write_text(content)
    with pytest.raises(BenchmarkDataError, match="query_type, question"):
        load_covid_faq(tmp_path)


def test_default_folder_lies_beside_the_checkout():
    assert PUBLIC_DATA.is_dir(), f"put the public yardsticks into {PUBLIC_DATA}"

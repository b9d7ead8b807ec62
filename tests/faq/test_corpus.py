"""The loader refuses what an editor may get wrong, with file, line and what is allowed."""

import pytest

from assistant.faq.corpus import FEWEST_VARIANTS, load_corpus
from assistant.faq.document import ContentError

SOURCES = "acs:\n  title: Bone Metastasis\n  publisher: American Cancer Society\n"


def entry(id_, **changes):
    front = {
        "id": id_,
        "topic": "treatment",
        "question": f'"What is {id_}?"',
        "variants": "\n" + "\n".join(f'  - "{id_} {n}"' for n in range(FEWEST_VARIANTS)),
        "sources": "[acs]",
        "related": "[]",
        "review": "{state: draft}",
    } | changes
    lines = "\n".join(f"{key}: {value}" for key, value in front.items() if value is not None)
    return f"---\n{lines}\n---\nIt helps. Ask {{care_team}}.\n"


@pytest.fixture
def corpus(tmp_path):
    """Writes three entries, the first one changed, and loads them."""

    def load(**changes):
        (tmp_path / "treatment").mkdir(exist_ok=True)
        (tmp_path / "sources.yml").write_text(SOURCES)
        for id_, related in {"one": "two, three", "two": "one, three", "three": "one, two"}.items():
            front = {"related": f"[{related}]"} | (changes if id_ == "one" else {})
            text = entry(id_, **front)
            (tmp_path / "treatment" / f"{id_}.md").write_text(text)
        return load_corpus(tmp_path)

    return load


def test_sound_corpus_is_loaded(corpus):
    loaded = corpus()
    assert sorted(loaded.entries) == ["one", "three", "two"]
    assert loaded.entries["one"].sources[0].publisher == "American Cancer Society"
    assert loaded.entries["one"].answer == "It helps. Ask {care_team}."


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": "uno"}, r"one\.md:2: id 'uno' must be the file's name, 'one'"),
        ({"topic": "diet"}, r"one\.md:3: topic 'diet' is unknown; allowed are understanding"),
        ({"topic": "living"}, r"one\.md:3: topic 'living' must be the folder, 'treatment'"),
        ({"question": '""'}, r"one\.md:4: question must be a text"),
        ({"question": f'"{"x" * 91}"'}, r"question has 91 characters; allowed are 90"),
        ({"variants": "[a, b]"}, r"one\.md:5: variants must list at least 25 texts, found 2"),
        ({"related": "[two, four]"}, r"related id 'four' is no other entry"),
        ({"related": "[two, one]"}, r"related id 'one' is no other entry"),
        ({"sources": "[bbc]"}, r"source 'bbc' is unknown; allowed are acs"),
        ({"review": "{state: fine}"}, r"review.state must be one of draft, reviewed"),
        ({"review": "{state: reviewed}"}, r"a review needs by"),
        ({"review": "{state: draft, by: me}"}, r"a draft has no reviewer"),
        ({"extra": "1"}, r"unknown key 'extra'; allowed are id, topic"),
        ({"related": None}, r"key 'related' is missing"),
        ({"topic": "[unclosed"}, r"is no YAML"),
    ],
)
def test_faulty_entry_is_refused_with_file_line_and_reason(corpus, changes, said):
    with pytest.raises(ContentError, match=said):
        corpus(**changes)


def test_variant_twice_in_one_entry_names_its_line(corpus):
    variants = "\n" + "\n".join(f'  - "v {n}"' for n in range(FEWEST_VARIANTS)) + '\n  - "V 0"'
    with pytest.raises(ContentError, match=r"one\.md:31: variants holds 'V 0' twice"):
        corpus(variants=variants)


def test_variant_in_two_entries_is_refused(corpus):
    variants = "\n  - two 3\n" + "\n".join(f'  - "v {n}"' for n in range(FEWEST_VARIANTS))
    with pytest.raises(ContentError, match="'two 3' stands in 'one' too"):
        corpus(variants=variants)


def test_unknown_placeholder_is_refused(corpus, tmp_path):
    corpus()
    file = tmp_path / "treatment" / "one.md"
    file.write_text(file.read_text().replace("care_team", "care_taem"))
    with pytest.raises(
        ContentError, match=r"placeholder \{care_taem\} is unknown; allowed are \{cancer_line\}"
    ):
        load_corpus(tmp_path)


def test_file_without_front_matter_is_refused(corpus, tmp_path):
    corpus()
    (tmp_path / "treatment" / "one.md").write_text("Just text.")
    with pytest.raises(ContentError, match=r"one\.md:1: must begin with front matter"):
        load_corpus(tmp_path)


def test_file_that_is_no_utf8_is_refused(corpus, tmp_path):
    corpus()
    (tmp_path / "treatment" / "one.md").write_bytes(b"---\nid: \xff\n---\n")
    with pytest.raises(ContentError, match="is not UTF-8"):
        load_corpus(tmp_path)


def test_version_changes_with_any_answer(corpus, tmp_path):
    before = corpus().version
    file = tmp_path / "treatment" / "two.md"
    file.write_text(file.read_text().replace("It helps.", "It may help."))
    assert load_corpus(tmp_path).version != before


def test_own_corpus_holds_terminal_and_exercise_and_two_entries_a_topic():
    entries = load_corpus().entries
    assert {"terminal", "exercise"} <= entries.keys()
    topics = [one.topic for one in entries.values()]
    assert all(topics.count(topic) >= 2 for topic in set(topics)) and len(set(topics)) == 6

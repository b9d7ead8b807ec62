import json

import pytest

from assistant.faq.corpus import FEWEST_VARIANTS

SOURCES = "acs:\n  title: Bone Metastasis\n  publisher: American Cancer Society\n"
ENTRIES = {"one": "two, three", "two": "one, three", "three": "one, two"}
HELD_OUT = {
    "validation": {"text": "how far ahead are the tables booked", "entry": "one"},
    "evaluation": {"text": "wherever did I put those spectacles", "entry": "two"},
}


@pytest.fixture
def checkout(tmp_path):
    """A checkout with three entries and one message in each other set; `write` adds messages."""

    def write(file, *rows):
        path = tmp_path / file
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{json.dumps(row)}\n" for row in rows)

    corpus = tmp_path / "faq_corpus"
    (corpus / "treatment").mkdir(parents=True)
    (corpus / "sources.yml").write_text(SOURCES)
    for id_, related in ENTRIES.items():
        variants = "\n".join(f'  - "{id_ * n}"' for n in range(2, FEWEST_VARIANTS + 2))
        (corpus / "treatment" / f"{id_}.md").write_text(
            f'---\nid: {id_}\ntopic: treatment\nquestion: "What is {id_}?"\n'
            f"variants:\n{variants}\nsources: [acs]\nrelated: [{related}]\n"
            "review: {state: draft}\n---\nIt helps. Ask {care_team}.\n"
        )
    nlu = tmp_path / "data" / "nlu"
    nlu.mkdir(parents=True)
    (nlu / "admin.yml").write_text("nlu:\n- intent: admin\n  examples: |\n    - parking\n")
    (nlu / "out_of_scope.yml").write_text(
        "nlu:\n- intent: out_of_scope\n  metadata: {topic: music}\n"
        "  examples: |\n    - who wrote the moonlight sonata\n"
    )
    write(
        "data/follow_ups.jsonl",
        {"turns": ["one, is it old?", "and new?"], "entries": ["one", None], "leans": True},
        {"turns": ["one or two", "what of three"], "entries": ["one", "three"], "leans": False},
    )
    write("data/red_flags/mentions.jsonl", {"text": "my arm snapped", "category": "fracture"})
    write("data/red_flags/harmless.jsonl", {"text": "the twig snapped"})
    for split, row in HELD_OUT.items():
        write(f"data/{split}/faq.jsonl", row)
    tmp_path.joinpath("docs").mkdir()
    write.root = tmp_path
    return write

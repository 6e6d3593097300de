"""Calibrates a model's confidence anew on the held-out articles that `chitieu train` calibrates by, and trains nothing.

    python evaluate/recalibrate.py [MODEL]

To be run after a change of decoding, of the grammars or of facts/calibration.py, which move scores or what is right.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chitieu.pipeline import load
from chitieu.training.corpora import default_corpora, write_corpora
from chitieu.training.train import calibrate

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "models" / "chitieu_vi"
    corpora = default_corpora(ROOT)
    if not corpora.partial_train:
        raise SystemExit("the real articles of ../shared/data are needed: without them, confidence would fit none")
    nlp = load(folder)
    with tempfile.TemporaryDirectory() as work:
        write_corpora(corpora, Path(work))
        calibrate(nlp, corpora, Path(work))
    assembler = nlp.get_pipe("chitieu_facts")
    assembler.to_disk(folder / "chitieu_facts")  # type: ignore[attr-defined]  # spaCy knows no type for components
    print(folder, assembler.to_bytes().decode())  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()

"""The pipeline, loaded when a command is about to tag."""

from __future__ import annotations

from pathlib import Path

from chitieu.facts.tagged import Tagger


def load_tagger(model: Path | None) -> Tagger:
    """Load a model, the shipped one by default, as a tagger of streams.

    Raises:
        ModelError: the folder is missing, empty, or made for another version.
    """
    from chitieu.pipeline import load, tag

    nlp = load(model)
    return lambda articles: tag(nlp, articles)

"""Scoring inside `spacy train`: spans, links and facts of the docs against their reference docs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spacy.training import Example

from chitieu.scoring.counts import Count, count_facts
from chitieu.scoring.rows import gold_rows, predicted_rows


def score_examples(examples: Iterable[Example], **kwargs: Any) -> dict[str, Any]:  # noqa: ARG001 - spaCy's protocol
    """F1 of value found, core and full, and each field's accuracy over matched values (guidelines §7)."""
    counts: dict[str, Count] = {}
    for example in examples:
        annotation = example.reference._.annotation
        if annotation is None:
            continue
        for name, count in count_facts(predicted_rows(example.predicted._.facts), gold_rows(annotation)).items():
            counts[name] = counts.get(name, Count()) + count
    names = {"value_f": "value found", "core_f": "core", "full_f": "full"}
    scores = {score: counts[name].f1 if name in counts else 0.0 for score, name in names.items()}
    for field in ("metric", "year", "status", "org", "kind", "bound"):
        scores[f"{field}_acc"] = counts[field].precision if field in counts else 0.0
    return scores

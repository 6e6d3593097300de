"""The shipped layers computed faster than spaCy and thinc do, with the same weights and the same answers.

What stands here is used for prediction only; training, and whatever is shaped otherwise than the shipped model, goes
the way of spaCy and thinc.
"""

from __future__ import annotations

from typing import Any

from spacy.language import Language

from chitieu.inference.entities import EntityTagger
from chitieu.inference.token_vectors import hasten_token_vectors


def hasten(nlp: Language) -> None:
    """Let a loaded pipeline predict faster; its `tok2vec` and `ner` say what they said before."""
    components: list[tuple[str, Any]] = nlp._components
    for at, (name, component) in enumerate(components):
        if name == "tok2vec":
            hasten_token_vectors(component.model)
        elif name == "ner" and (tagger := EntityTagger.of(component)) is not None:
            components[at] = (name, tagger)


__all__ = ["EntityTagger", "hasten", "hasten_token_vectors"]

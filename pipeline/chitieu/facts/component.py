"""The pipeline component that turns a doc's links into facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from spacy.pipeline.pipe import Pipe
from spacy.tokens import Doc
from spacy.training import Example

from chitieu.facts.assemble import assemble_facts
from chitieu.labels import Label
from chitieu.relation.component import register_extensions


class FactAssembler(Pipe):
    """Sets `doc._.facts`, a tuple of `Fact` in the order of their values.

    `doc._.published` (a date) and `doc._.title`, where set, date relative time expressions; `doc._.article_id` names
    the article in the facts.
    """

    def __init__(
        self, name: str = "chitieu_facts", *, scorer: Callable[[Iterable[Example]], dict[str, Any]] | None = None
    ) -> None:
        self.name = name
        self.scorer = scorer
        register_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """Assemble the facts of one doc."""
        doc._.facts = tuple(
            assemble_facts(
                doc._.article_id or "article",
                doc.text,
                doc._.links,
                years=[(ent.start_char, ent.end_char) for ent in doc.ents if ent.label_ == Label.YEAR.value],
                published=doc._.published,
                title=doc._.title,
            )
        )
        return doc

    # Nothing is learned here, so there is nothing to store; spaCy asks all the same.
    def to_disk(self, path: str | Path, **kwargs: Any) -> None:
        """Stores nothing."""

    def from_disk(self, path: str | Path, **kwargs: Any) -> FactAssembler:  # noqa: ARG002
        """Returns itself."""
        return self

    def to_bytes(self, **kwargs: Any) -> bytes:  # noqa: ARG002
        """No bytes."""
        return b""

    def from_bytes(self, data: bytes, **kwargs: Any) -> FactAssembler:  # noqa: ARG002
        """Returns itself."""
        return self

"""The pipeline component that turns a doc's links into facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from spacy.pipeline.pipe import Pipe
from spacy.tokens import Doc
from spacy.training import Example

from chitieu.errors import ModelError
from chitieu.facts.assemble import assemble_facts
from chitieu.facts.calibration import Calibration, read_calibration
from chitieu.facts.fact import Fact
from chitieu.relation.component import register_extensions
from chitieu.relation.words import text_of

_FILE = "calibration.json"


class FactAssembler(Pipe):
    """Sets `doc._.facts`, a tuple of `Fact` in the order of their values.

    `doc._.article_id` names the article in the facts. `calibration` turns the model's score of a fact into a
    probability.
    """

    def __init__(
        self, name: str = "chitieu_facts", *, scorer: Callable[[Iterable[Example]], dict[str, Any]] | None = None
    ) -> None:
        self.name = name
        self.scorer = scorer
        self.calibration: Calibration | None = None
        register_extensions()

    def __call__(self, doc: Doc) -> Doc:
        """Assemble the facts of one doc."""
        if doc._.times is None:
            raise ModelError(
                "C303",
                "facts are assembled behind chitieu_relation, which has not run on this doc",
                remedy="put chitieu_relation before chitieu_facts in the pipeline",
            )
        if not doc._.links:
            doc._.facts = ()
            return doc
        facts = assemble_facts(doc._.article_id or "article", text_of(doc), doc._.links, doc._.times)
        doc._.facts = tuple(map(self._calibrated, facts))
        return doc

    def _calibrated(self, fact: Fact) -> Fact:
        if self.calibration is None or fact.confidence is None:
            return fact
        return replace(fact, confidence=round(self.calibration(fact), 4))

    def to_disk(self, path: str | Path, **kwargs: Any) -> None:  # noqa: ARG002 - spaCy's protocol
        """Write the calibration as JSON."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_bytes(self.to_bytes())

    def from_disk(self, path: str | Path, **kwargs: Any) -> FactAssembler:  # noqa: ARG002 - spaCy's protocol
        """Read what `to_disk` wrote."""
        return self.from_bytes((Path(path) / _FILE).read_bytes())

    def to_bytes(self, **kwargs: Any) -> bytes:  # noqa: ARG002 - spaCy's protocol
        """The calibration as JSON."""
        return ("null" if self.calibration is None else self.calibration.to_json()).encode()

    def from_bytes(self, data: bytes, **kwargs: Any) -> FactAssembler:  # noqa: ARG002 - spaCy's protocol
        """Read what `to_bytes` gave."""
        self.calibration = read_calibration(data)
        return self

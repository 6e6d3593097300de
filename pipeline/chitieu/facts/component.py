"""The pipeline component that turns a doc's links into facts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from spacy.pipeline.pipe import Pipe
from spacy.tokens import Doc
from spacy.training import Example

from chitieu.facts.assemble import assemble_facts
from chitieu.facts.calibration import Calibration
from chitieu.facts.fact import Fact
from chitieu.labels import Label
from chitieu.relation.component import register_extensions

_FILE = "calibration.json"


class FactAssembler(Pipe):
    """Sets `doc._.facts`, a tuple of `Fact` in the order of their values.

    `doc._.published` (a date) and `doc._.title`, where set, date relative time expressions; `doc._.article_id` names
    the article in the facts. `calibration` turns the model's score of a fact into a probability.
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
        facts = assemble_facts(
            doc._.article_id or "article",
            doc.text,
            doc._.links,
            years=[(ent.start_char, ent.end_char) for ent in doc.ents if ent.label_ == Label.YEAR.value],
            published=doc._.published,
            title=doc._.title,
        )
        doc._.facts = tuple(map(self._calibrated, facts))
        return doc

    def _calibrated(self, fact: Fact) -> Fact:
        if self.calibration is None or fact.confidence is None:
            return fact
        return replace(fact, confidence=round(self.calibration(fact.confidence), 4))

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
        return json.dumps(None if self.calibration is None else asdict(self.calibration)).encode()

    def from_bytes(self, data: bytes, **kwargs: Any) -> FactAssembler:  # noqa: ARG002 - spaCy's protocol
        """Read what `to_bytes` gave."""
        stored = json.loads(data)
        self.calibration = (
            None if stored is None else Calibration(tuple(stored["scores"]), tuple(stored["probabilities"]))
        )
        return self

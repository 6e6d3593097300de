"""doccano: JSON Lines of a sequence labelling project with relations, for import and as it exports them.

doccano has marks and links but no attributes: an attribute is a second mark on the characters of its VALUE, labelled
`status=actual`, `period=2021-H1` …, so the project must allow overlapping spans. Its editor counts UTF-16 units, and
numbers marks on its own; what else is known of the article travels in doccano's metadata columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chitieu.annotation.exchange import Draft, Finding, attributes_of, links_of, metadata
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.json_input import objects
from chitieu.errors import AnnotationError
from chitieu.labels import Label

_LONGEST_LABEL = 100  # of doccano's database


class Utf16:
    """Offsets of a text in code points, to and from UTF-16 units."""

    def __init__(self, text: str) -> None:
        # astral characters take two units; most texts have none
        self._astral = [at for at, character in enumerate(text) if character > "\uffff"]
        self._units = [at + n for n, at in enumerate(self._astral)]
        self._inside = {unit + 1 for unit in self._units}

    def from_code_points(self, offset: int) -> int:
        """UTF-16 units before a code point."""
        return offset + sum(at < offset for at in self._astral)

    def to_code_points(self, offset: object) -> object:
        """Code points before a UTF-16 unit; None inside a pair, and what is no number stays what it is."""
        if not isinstance(offset, int) or isinstance(offset, bool) or not self._astral:
            return offset
        return None if offset in self._inside else offset - sum(unit < offset for unit in self._units)


def to_doccano(article: AnnotatedArticle) -> dict[str, Any]:
    """One article as a line to import.

    Raises:
        AnnotationError: C231 two VALUEs on the same characters, whose attributes could not be told apart, or an
            attribute longer than doccano's labels.
    """
    article = article.canonical()
    units = Utf16(article.article.text)
    numbers = {span.id: number for number, span in enumerate(article.spans, 1)}
    spans = article.spans_by_id()
    values = [(span.start, span.end) for span in article.spans if span.label is Label.VALUE]
    if len(set(values)) < len(values):
        raise AnnotationError("C231", "two VALUEs on the same characters", place=article.id, remedy="leave one")
    entities = [(numbers[span.id], span.label.value, span) for span in article.spans]
    for fact in article.facts:
        for name, value in attributes_of(fact).items():
            if len(label := f"{name}={value}") > _LONGEST_LABEL:
                raise AnnotationError("C231", f"{label[:40]!r}… is longer than a label", place=article.id)
            entities.append((len(entities) + 1, label, spans[fact.value]))
    links = [(role, fact.value, span_id) for fact in article.facts for role, span_id in links_of(fact)]
    kept = metadata(article)
    return {
        "text": article.article.text,
        "entities": [
            {
                "id": number,
                "label": label,
                "start_offset": units.from_code_points(span.start),
                "end_offset": units.from_code_points(span.end),
            }
            for number, label, span in entities
        ],
        "relations": [
            {"id": n, "from_id": numbers[value], "to_id": numbers[other], "type": role}
            for n, (role, value, other) in enumerate(links, 1)
        ],
        "article_id": kept.pop("id"),  # doccano gives every line an `id` of its own
        **kept,
    }


def from_doccano(line: Mapping[str, Any], place: str, findings: list[Finding]) -> AnnotatedArticle:
    """The article of an exported line.

    Raises:
        AnnotationError: C202 the line is malformed.
    """
    article_id = line.get("article_id")
    draft = Draft({**line, "id": f"doccano-{line.get('id')}" if article_id is None else article_id}, place, findings)
    units = Utf16(draft.text)
    at: dict[tuple[str, str], list[str]] = {}
    attributes = []
    for item in objects(line, "entities", place):
        key, label = repr(item.get("id")), item.get("label")
        offsets = repr(item.get("start_offset")), repr(item.get("end_offset"))
        if isinstance(label, str) and "=" in label:
            attributes.append((offsets, label, item.get("start_offset")))
            continue
        start, end = (units.to_code_points(item.get(name)) for name in ("start_offset", "end_offset"))
        draft.span(key, label, start, end)
        if label == Label.VALUE.value and draft.has(key):
            at.setdefault(offsets, []).append(key)
    for offsets, label, start in attributes:
        name, _, value = label.partition("=")
        keys = at.get(offsets, [])
        if len(keys) == 1:
            draft.attribute(keys[0], name, value)
        else:
            found = units.to_code_points(start)
            position = found if isinstance(found, int) and 0 <= found <= len(draft.text) else None
            draft.note(f"{label[:60]!r} stands on {len(keys)} VALUEs: it must cover exactly one", position)
    for item in objects(line, "relations", place):
        draft.link(item.get("type"), repr(item.get("from_id")), repr(item.get("to_id")))
    comments = line.get("Comments") or []
    if comments:
        draft.note(f"comments not taken over: {str(comments)[:80]}")
    return draft.build()


def doccano_line(article: AnnotatedArticle) -> str:
    """One article as JSON on one line."""
    return json.dumps(to_doccano(article), ensure_ascii=False) + "\n"

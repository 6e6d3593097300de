"""Prodigy: JSON Lines of the `rel.manual` recipe, with tokens, spans and relations.

A link is a relation from the VALUE (`head`) to what it points to (`child`), both told by the last token of the span and
by the span itself. Prodigy has no attributes in this recipe; they stand under `attributes` of their VALUE span, which
Prodigy passes through. Offsets are code points.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from chitieu.annotation.exchange import Draft, Finding, attributes_of, links_of, metadata
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.json_input import objects

# A word with its combining marks, a sign, or white space other than the single space behind a token.
_TOKEN = re.compile(r"[\w\u0300-\u036f]+|[^\w\s]|\s+")


def tokens_of(text: str, starts: set[int], ends: set[int]) -> list[dict[str, Any]]:
    """Prodigy's tokens of a text; a token starts at each of `starts`, and one ends at each of `ends`."""
    cuts = starts | ends
    tokens: list[dict[str, Any]] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        inside = [cut for cut in range(start + 1, end) if cut in cuts]
        for a, b in zip([start, *inside], [*inside, end], strict=True):
            if text[a:b] == " " and tokens and not tokens[-1]["ws"] and a not in starts and b not in ends:
                tokens[-1]["ws"] = True
                continue
            tokens.append({"text": text[a:b], "start": a, "end": b, "id": len(tokens), "ws": False})
            if text[a:b].isspace():
                tokens[-1]["disabled"] = True
    return tokens


def to_prodigy(article: AnnotatedArticle) -> dict[str, Any]:
    """One article as a task.

    Raises:
        AnnotationError: C231 as in `attributes_of`.
    """
    article = article.canonical()
    text = article.article.text
    tokens = tokens_of(text, {span.start for span in article.spans}, {span.end for span in article.spans})
    starts, ends = [token["start"] for token in tokens], [token["end"] for token in tokens]
    places = {
        span.id: {
            "start": span.start,
            "end": span.end,
            "token_start": bisect_left(starts, span.start),
            "token_end": bisect_left(ends, span.end),
            "label": span.label.value,
            "id": span.id,
        }
        for span in article.spans
    }
    attributes = {fact.value: attributes_of(fact) for fact in article.facts}
    links = [(role, places[fact.value], places[to]) for fact in article.facts for role, to in links_of(fact)]
    return {
        "text": text,
        "meta": metadata(article, keeps_ids=True),
        "tokens": tokens,
        "spans": [
            {**place, **({"attributes": attributes[span_id]} if span_id in attributes else {})}
            for span_id, place in places.items()
        ],
        "relations": [
            {
                "head": value["token_end"],
                "child": other["token_end"],
                "head_span": value,
                "child_span": other,
                "label": role,
            }
            for role, value, other in links
        ],
        "answer": "accept",
    }


def from_prodigy(task: Mapping[str, Any], place: str, findings: list[Finding]) -> AnnotatedArticle | None:
    """The article of a task; None, and listed, where the annotator rejected or ignored it.

    Raises:
        AnnotationError: C202 the task is malformed.
    """
    meta = task.get("meta")
    kept: dict[str, Any] = meta if isinstance(meta, dict) else {}
    name = kept.get("id") or re.sub(r"[^a-z0-9]+", "-", place.lower()).strip("-")
    draft = Draft({**kept, "id": name, "text": task.get("text")}, place, findings, hints=True)
    answer = task.get("answer", "accept")
    if answer != "accept":
        draft.note(f"the answer is {str(answer)[:20]!r}: the article is left out")
        return None
    keys: dict[tuple[str, str, str], list[str]] = {}
    by_token: dict[int, list[str]] = {}
    tokens = {repr(token.get("id")): token for token in objects(task, "tokens", place)}
    for number, item in enumerate(objects(task, "spans", place)):
        key = item["id"] if isinstance(item.get("id"), str) else f"span {number}"
        draft.span(key, item.get("label"), item.get("start"), item.get("end"), _surface(item, tokens))
        keys.setdefault(_offsets(item), []).append(key)
        last = item.get("token_end")
        if isinstance(last, int):
            by_token.setdefault(last, []).append(key)
        given = item.get("attributes")
        for attribute, value in given.items() if isinstance(given, dict) else ():
            draft.attribute(key, attribute, value)
    for relation in objects(task, "relations", place):
        ends = [_end(draft, relation, side, keys, by_token) for side in ("head", "child")]
        draft.link(relation.get("label"), *ends)
    return draft.build()


def _end(
    draft: Draft,
    relation: Mapping[str, Any],
    side: str,
    keys: Mapping[tuple[str, str, str], list[str]],
    by_token: Mapping[int, list[str]],
) -> str:
    """The span at one end of a relation: the one told with it, or the one that ends at its token."""
    told = relation.get(f"{side}_span")
    token = relation.get(side)
    found: list[str] = []
    if isinstance(told, dict):
        named = told.get("id")
        found = [named] if isinstance(named, str) and draft.has(named) else keys.get(_offsets(told), [])
    if not found and isinstance(token, int):
        found = by_token.get(token, [])
    return found[0] if len(found) == 1 else f"{side} at token {token!r}" + (" (ambiguous)" if found else "")


def _offsets(span: Mapping[str, Any]) -> tuple[str, str, str]:
    return repr(span.get("start")), repr(span.get("end")), repr(span.get("label"))


def _surface(span: Mapping[str, Any], tokens: Mapping[str, Mapping[str, Any]]) -> str | None:
    """The words of the tokens that the span says it covers, where it says so."""
    first, last = span.get("token_start"), span.get("token_end")
    if not (isinstance(first, int) and isinstance(last, int)) or not 0 <= last - first < len(tokens):
        return None
    return " ".join(str(tokens.get(repr(at), {}).get("text", "")) for at in range(first, last + 1))


def prodigy_line(article: AnnotatedArticle) -> str:
    """One article as JSON on one line."""
    return json.dumps(to_prodigy(article), ensure_ascii=False) + "\n"

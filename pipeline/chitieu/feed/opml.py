"""OPML: lists of feeds as feed readers export them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chitieu.feed.failure import shorten
from chitieu.feed.safe_xml import elements, plain_xml


@dataclass(frozen=True, slots=True)
class Outline:
    """A feed, or with `opml` another list, that an OPML file names.

    Attributes:
        link: as written.
        title: what the list calls it.
        opml: whether it is a list in its turn (`type="include"`).
    """

    link: str
    title: str | None
    opml: bool


def read_opml(data: bytes, place: str) -> Iterator[Outline]:
    """The feeds of an OPML list, in its order, folders opened.

    Raises:
        SourceError: C140 where it is broken, after what stands before the break.
    """
    for element in elements(plain_xml(data, place), place, "outline"):
        attributes = {name.lower(): value for name, value in element.attrib.items()}
        title = shorten(attributes.get("title") or attributes.get("text") or "", 200) or None
        if attributes.get("xmlurl", "").strip():
            yield Outline(attributes["xmlurl"].strip(), title, opml=False)
        elif attributes.get("type", "").lower() in ("include", "opml") and attributes.get("url", "").strip():
            yield Outline(attributes["url"].strip(), title, opml=True)

"""XML of strangers: no entities, nothing fetched, whatever it declares."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from chitieu.errors import ArticleError
from chitieu.feed.failure import SourceError, shorten
from chitieu.reading.encoding import decode, unicode_encoding

# Entities can multiply a small file to gigabytes or point into the machine; no feed needs any of its own.
_ENTITY = re.compile(rb"<!ENTITY", re.IGNORECASE)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9_:.\-]{2,40})""")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,500}\?>")
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ROOT = re.compile(rb"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)")
_BEFORE_ROOT = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)


def plain_xml(data: bytes, place: str, charset: str | None = None) -> bytes:
    """The document as UTF-8, so that the parser reads the very characters that were checked.

    Args:
        data: the document as it came.
        place: URL or file, for errors.
        charset: what the server says of it.

    Raises:
        SourceError: C140 where it declares entities or is no text.
    """
    if unicode_encoding(data[:4_096]) == "utf-8":
        text = _decode(data, place, charset)
    else:  # UTF-16 or UTF-32, which could hide what is looked for in bytes
        try:
            text = decode(data, place).text
        except ArticleError as failure:
            raise SourceError("C140", failure.message, place=place, remedy="check the address") from failure
    text = _NOT_XML.sub(" ", text.lstrip("\ufeff"))
    checked = _DECLARATION.sub("", text, count=1).strip().encode("utf-8", errors="replace")
    if _ENTITY.search(checked):
        raise SourceError("C140", "declares XML entities, which are not read", place=place, remedy="tell the site")
    return checked


def _decode(data: bytes, place: str, charset: str | None) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        declared = _DECLARED.search(data[:1_000])
        try:
            return decode(data, place, declared.group(1).decode("ascii") if declared else charset).text
        except ArticleError:
            return data.decode("utf-8", errors="replace")  # a few broken bytes, as feeds cut by length have them


def root_of(sample: bytes) -> str:
    """The name of the outermost element of a document, without prefix and in lower case; "" where there is none."""
    found = _ROOT.search(_BEFORE_ROOT.sub(b"", sample))
    return found.group(2).decode("ascii").lower() if found else ""


def elements(data: bytes, place: str, *names: str) -> Iterator[Any]:
    """The elements of some local names, in any namespace, in the order of their ends; each is emptied afterwards.

    Args:
        data: what `plain_xml` gave.
        place: URL or file, for errors.
        names: such as `url`, without namespaces.

    Raises:
        SourceError: C140 where the document breaks; what stands before is given first.
    """
    from lxml import etree

    try:
        for _, element in etree.iterparse(
            io.BytesIO(data),
            events=("end",),
            encoding="utf-8",
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        ):
            if local_name(element) not in names:
                continue
            yield element
            element.clear(keep_tail=False)
            parent = element.getparent()
            while parent is not None and element.getprevious() is not None:
                del parent[0]
    except etree.XMLSyntaxError as broken:
        message = f"is broken XML: {shorten(str(broken.msg or broken))}"
        raise SourceError("C140", message, place=place, remedy="tell the site") from broken


def local_name(element: Any) -> str:
    """The name of an element without its namespace, in lower case."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""

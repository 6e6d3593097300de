"""What no database or file of tables takes: texts that are none, and keys that are too long."""

from __future__ import annotations

from chitieu.feed.item import Found
from chitieu.feed.outcome import Failure
from chitieu.feed.schema import LONGEST_KEY


def refusal_of(found: Found) -> Failure | None:
    """The failure of an article that no database would take."""
    key, article = clean_key(found.key), found.article
    for name in ("text", "title", "source", "url", "id"):
        value = getattr(article, name)
        if value is None:
            continue
        if "\0" in value:
            return Failure(key, key, "C442", f"its {name} holds a zero character, which is no text", found.feed)
        try:
            value.encode("utf-8")
        except UnicodeEncodeError as broken:
            reason = f"its {name} holds half a character (a lone surrogate) at {broken.start}"
            return Failure(key, key, "C119", reason, found.feed)
    if key != found.key:
        reason = f"its key is over the limit of {LONGEST_KEY:,} bytes, or no text"
        return Failure(key, key, "C442", reason, found.feed)
    return None


def clean_key(key: str) -> str:
    """A key that any database takes: cut where it is too long, and mended where it is no text."""
    return clean_text(key).encode("utf-8")[:LONGEST_KEY].decode("utf-8", errors="ignore")


def clean_text(text: str) -> str:
    """A message that any database takes."""
    return text.replace("\0", "\ufffd").encode("utf-8", errors="replace").decode("utf-8")

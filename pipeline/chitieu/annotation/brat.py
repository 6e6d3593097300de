"""brat standoff: `ID.txt` and `ID.ann` for each article in a folder with `annotation.conf` and `visual.conf`.

Links are relations from VALUE (Arg1) to what it points to (Arg2). Attributes with a closed list of values are brat
attributes; period, years and base years stand in a note on the VALUE. What brat has no place for (title, date …) stands
in `ID.json` beside it. brat counts code points, and splits a mark at line breaks into fragments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from chitieu.annotation.exchange import (
    CHOICES,
    FREE,
    ROLE_LABELS,
    Draft,
    Finding,
    attributes_of,
    links_of,
    metadata,
)
from chitieu.annotation.gold import MAX_LINE_CHARACTERS, AnnotatedArticle
from chitieu.annotation.json_input import an_object, parse, read_text
from chitieu.errors import AnnotationError
from chitieu.labels import Label

_COLOURS = {
    Label.VALUE: "#ffd54f",
    Label.METRIC: "#90caf9",
    Label.ORG: "#ce93d8",
    Label.YEAR: "#a5d6a7",
    Label.TARGET: "#ffab91",
    Label.ACTUAL: "#80cbc4",
}
_LINE_BREAKS = re.compile(r"[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029]")
_RESERVED = re.compile(r"[%;\s]")
_ESCAPE = re.compile(r"%([0-9a-f]{1,6})\.")
_SPAN = re.compile(r"(\S+) (\d{1,9} \d{1,9}(?:;\d{1,9} \d{1,9})*)\Z", re.ASCII)
_RELATION = re.compile(r"(\S+) Arg1:(\S+) Arg2:(\S+)\s*\Z")
_ATTRIBUTE = re.compile(r"(\S+) (\S+)(?: (\S+))?\s*\Z")
_NOTE = re.compile(r"AnnotatorNotes (\S+)\Z")


def annotation_conf() -> str:
    """The configuration that brat checks marks and relations by."""
    relations = [f"{role}\tArg1:VALUE, Arg2:{'|'.join(labels)}" for role, labels in ROLE_LABELS.items()]
    attributes = [
        f"{name}\tArg:VALUE" + ("" if name == "optional" else f", Value:{'|'.join(values)}")
        for name, values in CHOICES.items()
    ]
    entities = [label.value for label in Label]
    parts = {"entities": entities, "relations": relations, "events": [], "attributes": attributes}
    return "".join(f"[{name}]\n\n" + "".join(f"{line}\n" for line in lines) + "\n" for name, lines in parts.items())


def visual_conf() -> str:
    """Colours of the marks, and how attributes are drawn."""
    drawing = [
        "SPAN_DEFAULT\tfgColor:black, bgColor:lightgray, borderColor:darken",
        "ARC_DEFAULT\tcolor:black, arrowHead:triangle-5",
        *(f"{label}\tbgColor:{colour}" for label, colour in _COLOURS.items()),
        "status\tposition:left, glyph:◎|✓",
        "kind\tposition:right, glyph:=|Δ|%|⚑",
        "dir\tposition:right, glyph:↑|↓",
        "bound\tposition:left, glyph:=|≥|≤|≈|↔",
        "optional\tbox:crossed",
    ]
    return "[labels]\n\n[drawing]\n\n" + "".join(f"{line}\n" for line in drawing)


def format_brat(article: AnnotatedArticle) -> dict[str, str]:
    """The files of one article by suffix: `.txt`, `.ann` and `.json`.

    Raises:
        AnnotationError: C231 a mark starts or ends with a line break, which brat can't hold.
    """
    article = article.canonical()
    keys = {span.id: f"T{number}" for number, span in enumerate(article.spans, 1)}
    lines = []
    for span in article.spans:
        surface = article.surface(span)
        if surface.startswith("\n") or surface.endswith("\n"):
            raise AnnotationError("C231", f"mark {span.id} starts or ends with a line break", place=article.id)
        pieces = [(span.start + m.start(), span.start + m.end()) for m in re.finditer(r"[^\n]+", surface)]
        offsets = ";".join(f"{start} {end}" for start, end in pieces)
        shown = " ".join(_LINE_BREAKS.sub(" ", article.article.text[start:end]) for start, end in pieces)
        lines.append(f"{keys[span.id]}\t{span.label} {offsets}\t{shown}")
    links = [(role, fact.value, span_id) for fact in article.facts for role, span_id in links_of(fact)]
    lines += [f"R{n}\t{role} Arg1:{keys[a]} Arg2:{keys[b]}" for n, (role, a, b) in enumerate(links, 1)]
    choices: list[str] = []
    notes: list[str] = []
    for fact in article.facts:
        given = attributes_of(fact)
        for name in CHOICES:
            if name in given:
                value = "" if name == "optional" else f" {given[name]}"
                choices.append(f"A{len(choices) + 1}\t{name} {keys[fact.value]}{value}")
        free = "; ".join(f"{name}={_escape(given[name])}" for name in FREE if name in given)
        if free:
            notes.append(f"#{len(notes) + 1}\tAnnotatorNotes {keys[fact.value]}\t{free}")
    standoff = "".join(f"{line}\n" for line in (*lines, *choices, *notes))
    kept = json.dumps(metadata(article), ensure_ascii=False, indent=1) + "\n"
    return {".txt": article.article.text, ".ann": standoff, ".json": kept}


def read_brat(path: Path, findings: list[Finding]) -> AnnotatedArticle:
    """Read the article of an `.ann` file, its `.txt` beside it, and its `.json` where there is one.

    Raises:
        AnnotationError: C201 a file can't be read; C202 the metadata are malformed.
    """
    kept = path.with_suffix(".json")
    data = an_object(parse(read_text(kept, MAX_LINE_CHARACTERS), str(kept)), str(kept)) if kept.is_file() else {}
    text = read_text(path.with_suffix(".txt"), MAX_LINE_CHARACTERS)
    return parse_brat(
        read_text(path, MAX_LINE_CHARACTERS), {"id": path.stem, **data, "text": text}, str(path), findings
    )


def parse_brat(standoff: str, data: dict[str, object], place: str, findings: list[Finding]) -> AnnotatedArticle:
    """Put an article together from the lines of its `.ann` file.

    Args:
        standoff: the lines.
        data: `text`, `id`, and what else is known of the article.
        place: the file, for the errors.
        findings: what can't be taken over is added here.

    Raises:
        AnnotationError: C202 the metadata are malformed.
    """
    draft = Draft(data, place, findings)
    lines = [line.rstrip("\r").split("\t", 2) for line in standoff.split("\n") if line.strip()]
    for line in lines:
        if line[0].startswith("T"):
            _span(draft, line)
    for line in lines:
        kind, content = line[0][:1], line[1] if len(line) > 1 else ""
        if kind == "R" and (match := _RELATION.match(content)):
            draft.link(*match.groups())
        elif kind in {"A", "M"} and (match := _ATTRIBUTE.match(content)):
            name, key, value = match.groups()
            draft.attribute(key, name, name if value is None else value)
        elif kind == "#" and (match := _NOTE.match(content)):
            _note(draft, match.group(1), line[2] if len(line) > 2 else "")
        elif kind != "T":
            draft.note(f"line not taken over: {' '.join(line)[:80]!r}")
    return draft.build()


def _span(draft: Draft, line: list[str]) -> None:
    match = _SPAN.match(line[1]) if len(line) > 1 else None
    if match is None:
        draft.note(f"line not taken over: {' '.join(line)[:80]!r}")
        return
    pieces = sorted(tuple(map(int, piece.split())) for piece in match.group(2).split(";"))
    start, end = pieces[0][0], max(piece[1] for piece in pieces)
    if any(draft.text[a[1] : b[0]].strip() for a, b in pairwise(pieces)):
        draft.note(f"{match.group(1)} {line[0]} has pieces that words lie between", start)
        draft.lose(line[0])
        return
    draft.span(line[0], match.group(1), start, end, line[2] if len(line) > 2 else None)


def _note(draft: Draft, key: str, note: str) -> None:
    for part in note.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals and name in FREE:
            draft.attribute(key, name, _ESCAPE.sub(_unescaped, value))
        else:
            draft.note(f"note on {key} not taken over: {part.strip()[:80]!r}", draft.position(key))


def _escape(value: str) -> str:
    return _RESERVED.sub(lambda match: f"%{ord(match.group()):x}.", value)


def _unescaped(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code < 0x110000 else match.group()


def brat_files(paths: list[Path]) -> Iterator[Path]:
    """The `.ann` files that the paths name, folders searched.

    Raises:
        AnnotationError: C205 a path is neither; C201 a `.txt` in a folder has no `.ann`.
    """
    for path in paths:
        if path.is_dir():
            for text in sorted(path.rglob("*.txt")):
                if not text.with_suffix(".ann").is_file():
                    raise AnnotationError(
                        "C201", "has no .ann beside it", place=str(text), remedy="make an empty one, or move the text"
                    )
            yield from sorted(file for file in path.rglob("*.ann") if file.is_file())
        elif path.is_file() and path.suffix == ".ann":
            yield path
        else:
            raise AnnotationError("C205", "no .ann file and no folder", place=str(path))

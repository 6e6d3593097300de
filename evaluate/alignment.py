"""How many gold spans begin and end where a token does; exit 1 where one does not.

    python evaluate/alignment.py [FILE.jsonl …]

Without arguments: annotations/*.jsonl and, where it lies beside the checkout, ../shared/data/*.jsonl.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

from chitieu.annotation.gold import read_annotated
from chitieu.errors import ChitieuError

ROOT = Path(__file__).resolve().parents[1]


class Misaligned(NamedTuple):
    """A span that cuts through a token."""

    article: str
    label: str
    start: int
    end: int
    surface: str
    tokens: str


def default_files() -> list[Path]:
    """The corpus, and the real data where a checkout has it."""
    return sorted((ROOT / "annotations").glob("*.jsonl")) + sorted((ROOT.parent / "shared" / "data").glob("*.jsonl"))


def measure(path: Path) -> tuple[int, int, list[Misaligned]]:
    """Articles and spans of a file, and the spans that no token boundary meets."""
    import spacy

    tokenizer = spacy.blank("vi", config={"nlp": {"tokenizer": {"@tokenizers": "chitieu.tokenizer.v1"}}}).tokenizer
    articles = spans = 0
    misaligned = []
    for article in read_annotated(path):
        text = article.article.text
        doc = tokenizer(text)
        if doc.text != text:
            raise AssertionError(f"{article.id}: the tokenizer changed the text")
        articles += 1
        spans += len(article.spans)
        for span in article.spans:
            if doc.char_span(span.start, span.end) is None:
                tokens = doc.char_span(span.start, span.end, alignment_mode="expand")
                told = "|".join(token.text for token in tokens) if tokens is not None else ""
                misaligned.append(
                    Misaligned(article.id, str(span.label), span.start, span.end, text[span.start : span.end], told)
                )
    return articles, spans, misaligned


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path, help="annotated articles, JSON Lines")
    files = parser.parse_args().files or default_files()
    if not files:
        print("no annotated files: name some", file=sys.stderr)
        return 2
    total = aligned = 0
    for path in files:
        try:
            articles, spans, misaligned = measure(path)
        except (ChitieuError, OSError) as error:
            print(error, file=sys.stderr)
            return 2
        good = spans - len(misaligned)
        share = f"{good / spans:.2%}" if spans else "–"
        print(f"{path.name}: {good} of {spans} spans of {articles} articles aligned ({share})")
        for span in misaligned:
            print(f"  {span.article} {span.start}-{span.end} {span.label} {span.surface!r} in {span.tokens!r}")
        total, aligned = total + spans, aligned + good
    print(f"in all: {aligned} of {total} aligned")
    return 0 if aligned == total else 1


if __name__ == "__main__":
    sys.exit(main())

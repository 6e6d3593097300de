"""Writes the tables of annotations/README.md from the corpus, between the statistics mark and the next heading.

The size category in the metadata at its head, which the Hugging Face libraries read, follows the number of articles.

python evaluate/corpus_card.py
"""

from __future__ import annotations

import re
from itertools import zip_longest
from pathlib import Path

from chitieu.annotation.splits import SPLITS, read_corpus
from chitieu.annotation.statistics import statistics_by_genre

CORPUS = Path(__file__).parents[1] / "annotations"
START, END = "-->\n", "## How it was made"


def main() -> None:
    articles = read_corpus(CORPUS)
    by_genre = statistics_by_genre(articles)
    lines = [
        "| genre | articles | words | facts | target | optional | METRIC wordings |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for genre, held in by_genre.items():
        target = held.statuses.get("target", 0)
        lines.append(
            f"| {genre} | {held.articles} | {held.words:,} | {held.facts:,} | {target:,} | {held.optional} "
            f"| {held.metrics:,} |"
        )
    lines += ["", "| split | articles | facts |", "|---|---:|---:|"]
    for split in SPLITS:
        members = [article for article in articles if article.split == split]
        lines.append(f"| {split} | {len(members)} | {sum(len(article.facts) for article in members):,} |")
    lines += ["", "| kind | facts | | bound | facts | | span | marked |", "|---|---:|---|---|---:|---|---|---:|"]
    whole = by_genre["all"]
    columns = (most_first(whole.kinds), most_first(whole.bounds), list(whole.spans.items()))
    for row in zip_longest(*columns, fillvalue=("", "")):
        cells = (f"{name} | {count:,}" if count != "" else " | " for name, count in row)
        lines.append(f"| {' | | '.join(cells)} |")
    bare = whole.unlinked
    lines += [
        "",
        f"Facts without a METRIC span {bare['metric']} (the counted noun is the metric), without an ORG {bare['org']}, "
        f"without a YEAR {bare['year']} (the publication date tells it), without a cue {bare['cue']:,}.",
    ]
    card = CORPUS / "README.md"
    text = card.read_text(encoding="utf-8")
    start, end = text.index(START) + len(START), text.index(END)
    text = text[:start] + "\n" + "\n".join(lines) + "\n\n" + text[end:]
    size = "n<1K" if len(articles) < 1_000 else "1K<n<10K"
    text = re.sub(r"(?m)^(size_categories:\n- ).*$", rf"\g<1>{size}", text, count=1)
    card.write_text(text, encoding="utf-8")


def most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    """Names with their counts, the commonest first."""
    return sorted(counts.items(), key=lambda item: -item[1])


if __name__ == "__main__":
    main()

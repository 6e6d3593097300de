"""The facts of an annotated article as links between its spans."""

from __future__ import annotations

from chitieu.annotation.gold import AnnotatedArticle
from chitieu.relation.links import Links, Offsets


def gold_links(article: AnnotatedArticle) -> tuple[Links, ...]:
    """The facts of an article as links, in text order."""
    offsets: dict[str | None, Offsets] = {span.id: (span.start, span.end) for span in article.spans}
    return tuple(
        sorted(
            (
                Links(
                    value=offsets[fact.value],
                    metric=tuple(offsets[piece] for piece in fact.metric),
                    of=offsets.get(fact.of),
                    org=offsets.get(fact.org),
                    year=offsets.get(fact.year),
                    base=offsets.get(fact.base),
                    cue=offsets.get(fact.cue),
                    status=fact.status,
                    kind=fact.kind,
                    dir=fact.dir,
                    optional=fact.optional,
                )
                for fact in article.facts
            ),
            key=lambda links: links.value,
        )
    )

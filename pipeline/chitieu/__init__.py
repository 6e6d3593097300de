"""Targets and results from Vietnamese articles: org, metric, value, year, target or actual.

    import chitieu
    for fact in chitieu.extract("Năm 2022, toàn tỉnh thành lập mới 52 HTX, đạt 115,6% kế hoạch."):
        print(fact.org, fact.metric, fact.value, fact.year, fact.status)

`chitieu.load()` gives the spaCy pipeline, whose docs carry `doc._.facts`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chitieu.pipeline import extract, load

__version__ = "0.1.0"
__all__ = ["__version__", "extract", "load"]


def __getattr__(name: str) -> Any:
    # Late, so that `import chitieu` and `chitieu --help` import no spaCy.
    if name in {"extract", "load"}:
        from chitieu import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

"""Whether `chitieu annotations next` asks for the right articles: doubt against the errors that the model makes.

python evaluate/next_articles.py [--card] [GOLD.jsonl ...]

For articles that the shipped model was not trained on (the written test split, and `../shared/data/seeds-dev.jsonl`
where it lies there), the share of doubtful facts, as the command ranks by it, is set against the share of core errors,
1 - core F1. Printed are Spearman's rank correlations of doubt, of length and of the number of figures with it, each
with a bootstrap interval over articles; what chance gives (the middle 95% of shuffled orders); and the mean error of
the third of the articles that the command would take first, beside that of all. `--card` also writes the corpus' card.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import spearmanr

from chitieu.annotation.gold import AnnotatedArticle, read_annotated
from chitieu.annotation.selection import uncertainty
from chitieu.pipeline import load, tag
from chitieu.quantity import find_quantities
from chitieu.scoring.counts import count_facts
from chitieu.scoring.rows import gold_rows, predicted_rows

ROOT = Path(__file__).parents[1]
DEFAULT = (ROOT / "annotations" / "test.jsonl", ROOT.parent / "shared" / "data" / "seeds-dev.jsonl")
DRAWS = 2_000
CARD = ROOT / "annotations" / "README.md"
START, END = "<!-- next: evaluate/next_articles.py --card -->\n", "<!-- /next -->"

Floats = npt.NDArray[np.float64]


def measure(gold: list[AnnotatedArticle]) -> tuple[Floats, dict[str, Floats]]:
    """The error of each article that has facts or got some, and what could tell it beforehand."""
    errors: list[float] = []
    signs: dict[str, list[float]] = {"doubtful share of facts": [], "characters": [], "figures": []}
    for article, tagged in zip(gold, tag(load(), (article.article for article in gold)), strict=True):
        count = count_facts(predicted_rows(tagged.facts), gold_rows(article))["core"]
        if count.predicted + count.gold == 0:
            continue
        errors.append(1 - count.f1)
        text = article.article.text
        for name, value in zip(signs, (uncertainty(tagged.facts), len(text), len(find_quantities(text))), strict=True):
            signs[name].append(value)
    return np.array(errors), {name: np.array(values) for name, values in signs.items()}


def interval(draws: list[float]) -> str:
    low, high = np.nanpercentile(draws, (2.5, 97.5))
    return f"{low:.2f} to {high:.2f}".replace("-", "−")


def main() -> None:
    arguments = [name for name in sys.argv[1:] if name != "--card"]
    paths = [Path(name) for name in arguments] or [path for path in DEFAULT if path.is_file()]
    errors, signs = measure([article for path in paths for article in read_annotated(path)])
    random = np.random.default_rng(0)
    third = len(errors) // 3
    told = [f"{len(errors)} articles ({', '.join(path.name for path in paths)}), mean error {errors.mean():.2f}:"]
    for name, values in signs.items():
        samples = (random.integers(0, len(errors), len(errors)) for _ in range(DRAWS))
        draws = [spearmanr(values[sample], errors[sample])[0] for sample in samples]
        rank = f"{spearmanr(values, errors)[0]:.2f}".replace("-", "−")
        worst = errors[np.argsort(-values, kind="stable")[:third]].mean()
        told.append(
            f"- {name}: rank correlation {rank} ({interval(draws)}), mean error of the highest third {worst:.2f}"
        )
    ranks = [spearmanr(random.permutation(errors), errors)[0] for _ in range(DRAWS)]
    means = [float(errors[random.permutation(len(errors))[:third]].mean()) for _ in range(DRAWS)]
    told.append(f"- chance: rank correlation {interval(ranks)}, mean error of a third {interval(means)}")
    print("\n".join(told))
    if "--card" in sys.argv:
        text = CARD.read_text(encoding="utf-8")
        start, end = text.index(START) + len(START), text.index(END)
        CARD.write_text(
            text[:start] + "\n" + "\n".join([told[0], "", *told[1:]]) + "\n\n" + text[end:], encoding="utf-8"
        )


if __name__ == "__main__":
    main()

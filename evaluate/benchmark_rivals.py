"""What benchmark.py sets beside the pipeline: worker processes, other recognisers, and articles of other lengths."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacy.language import Language

    from chitieu.article import Article
    from chitieu.feed.crew import Crew

LENGTHS = (1, 10, 100, 1_000)  # thousand bytes
_NER_SHARE = 10  # underthesea's recogniser reads one article of so many, else it would take minutes


def spacy_shape(width: int = 96) -> Language:
    """A `tok2vec` and a `ner` as spaCy's multilingual pipeline has them, as wide and deep as ours, untrained."""
    import spacy
    from spacy.training import Example

    nlp = spacy.blank("xx")
    embed = {
        "@architectures": "spacy.MultiHashEmbed.v2",
        "width": width,
        "attrs": ["NORM", "SHAPE", "SUFFIX", "IS_TITLE"],
        "rows": [6000, 1500, 1500, 10],
        "include_static_vectors": False,
    }
    encode = {"@architectures": "spacy.MaxoutWindowEncoder.v2", "width": width, "depth": 5}
    encode |= {"window_size": 1, "maxout_pieces": 3}
    nlp.add_pipe("tok2vec", config={"model": {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encode}})
    listener = {"@architectures": "spacy.Tok2VecListener.v1", "width": width, "upstream": "*"}
    nlp.add_pipe("ner", config={"model": {"tok2vec": listener, "state_type": "ner", "use_upper": True}})
    doc = nlp.make_doc("Năm 2021 tỉnh có 35 HTX")
    marks = {"entities": [(0, 8, "YEAR"), (9, 13, "ORG"), (17, 23, "VALUE")]}
    nlp.initialize(lambda: [Example.from_dict(doc, marks)])
    return nlp


def underthesea_ner(texts: Sequence[str]) -> tuple[Callable[[], object], float]:
    """What underthesea's own recogniser has to do, and how much of the syllables that is."""
    from underthesea import ner

    some = texts[::_NER_SHARE]
    ner(some[0][:200])  # loads its models
    share = sum(len(text.split()) for text in some) / sum(len(text.split()) for text in texts)
    return lambda: [ner(text) for text in some], share


@contextmanager
def crew_of(number: int, model: Path, articles: Sequence[Article]) -> Iterator[tuple[Crew, Callable[[], object]]]:
    """Worker processes as `chitieu tag` runs them, warm, and what they have to do."""
    from chitieu.feed.crew import Crew
    from chitieu.feed.worker import WorkerSettings

    with Crew(number, WorkerSettings(str(model))) as crew:
        # two rounds: a worker that is still loading would be timed with it
        drive(crew, [article for article, _ in zip(cycle(articles), range(8 * number), strict=False)])
        while not all(worker.ready for worker in crew._workers):
            drive(crew, articles[: 4 * number])
        yield crew, lambda: drive(crew, articles)


def drive(crew: Crew, articles: Sequence[Article]) -> int:
    """Have articles tagged.

    Returns:
        how many facts they hold.
    """
    from chitieu.feed.crew import Job

    jobs = iter([Job(number, article) for number, article in enumerate(articles)])
    left, facts = len(articles), 0
    job = next(jobs, None)
    while left:
        while job is not None and crew.hungry:
            crew.submit([job])
            job = next(jobs, None)
        for answer in crew.wait([], None):
            if answer.code is not None:
                raise RuntimeError(f"{answer.code}: {answer.reason}")
            left -= 1
            facts += len(answer.facts)
    return facts


def peak_of(crew: Crew) -> float:
    """Most megabytes that any worker of a crew has held; 0 where the system doesn't tell."""
    files = [Path(f"/proc/{pid}/status") for pid in crew.pids]
    return max(
        (int(file.read_text().split("VmHWM:")[1].split()[0]) / 1024 for file in files if file.is_file()), default=0.0
    )


def articles_of(length: int, articles: Sequence[Article], total: int) -> list[Article]:
    """Articles of some length in bytes, cut from and joined of real ones, `total` bytes of them at least."""
    from chitieu.article import Article

    whole = "\n".join(article.text for article in articles).encode("utf-8")
    whole *= -(-max(length, total) // len(whole))
    count = max(1, total // length)
    return [
        Article(f"{length}-{number}", whole[number * length : (number + 1) * length].decode("utf-8", "ignore"))
        for number in range(count)
    ]


def measure_lengths(
    nlp: Language, articles: Sequence[Article], repeats: int, lengths: Sequence[int] = LENGTHS
) -> dict[str, dict[str, Any]]:
    """Milliseconds for a thousand bytes in articles of each length, all of which are cut from the same text."""
    from chitieu.pipeline import tag

    most = 1_000 * max(lengths)
    spent: dict[int, list[float]] = {length: [] for length in lengths}
    # short ones are timed over a tenth of the text, which is enough and saves time
    sets = {length: articles_of(1_000 * length, articles, max(1_000 * length, most // 10)) for length in lengths}
    for _ in range(repeats):
        for length, made in sets.items():
            start = time.perf_counter()
            facts = sum(len(tagged.facts) for tagged in tag(nlp, made))
            spent[length].append((time.perf_counter() - start) / (length * len(made)) * 1_000)
            assert facts or length < min(10, max(lengths))
    return {
        str(length): {"articles": len(sets[length]), "milliseconds": statistics.median(each), "all": each}
        for length, each in spent.items()
    }

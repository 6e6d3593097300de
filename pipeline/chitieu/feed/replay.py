"""What was tagged elsewhere, replayed into a database by the run that writes any other.

The run asks its sources for articles and its crew for answers. Here the articles bring their answers along, and the
crew only hands them over: so what is on record, copies, failures and history are seen to as always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from multiprocessing import connection as connections
from multiprocessing.connection import Connection
from typing import Any

from chitieu.article import Article
from chitieu.feed.crew import Answer, Job
from chitieu.feed.item import Found, Missing

_AHEAD = 256  # answers that wait to be taken


@dataclass(frozen=True, slots=True)
class AnsweredArticle(Article):
    """An article that has been tagged already.

    Attributes:
        answer: facts and spans, or code and reason, as JSON objects.
    """

    answer: Mapping[str, Any] = field(default_factory=dict)


def answered(items: Iterable[tuple[Found | Missing, Mapping[str, Any] | None]]) -> Iterator[Found | Missing]:
    """Items whose articles bring their answers."""
    for item, answer in items:
        if isinstance(item, Missing) or answer is None:
            yield item
            continue
        own = {one.name: getattr(item.article, one.name) for one in fields(Article)}
        yield replace(item, article=AnsweredArticle(**own, answer=answer))


class ReplayCrew:
    """Hands over the answers that articles bring; what a run needs of a `chitieu.feed.crew.Crew`."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self.deaths = 0
        """Of workers elsewhere: kept up to date by whoever hears of them."""

    @property
    def busy(self) -> bool:
        """As `Crew.busy`."""
        return bool(self._answers)

    @property
    def hungry(self) -> bool:
        """As `Crew.hungry`."""
        return len(self._answers) < _AHEAD

    def submit(self, jobs: Sequence[Job]) -> None:
        """As `Crew.submit`."""
        for job in jobs:
            assert isinstance(job.article, AnsweredArticle)
            said = job.article.answer
            if "code" in said:
                self._answers.append(Answer(job.number, code=said["code"], reason=said["reason"]))
            else:
                spans = [(start, end, label) for start, end, label in said["spans"]]
                self._answers.append(Answer(job.number, said["facts"], spans))

    def wait(self, others: Sequence[Connection], timeout: float | None) -> list[Answer]:
        """As `Crew.wait`."""
        if not self._answers:
            connections.wait(others, timeout)
        answers, self._answers = self._answers, []
        return answers

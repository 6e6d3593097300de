"""From the network's scores to links: one choice for each role of each value."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from chitieu.labels import Label, Role
from chitieu.relation.candidates import POOLS, WORDS, pool_mentions
from chitieu.relation.inputs import BatchInputs, DocInputs, PoolInputs
from chitieu.relation.links import Links, Offsets
from chitieu.relation.mentions import Mention, said
from chitieu.relation.network import FACT, HEADS, Scores, head_chances, sigmoid, softmax_by_value

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

_MOST_PIECES = 3  # guidelines §3: none to three METRIC pieces
_IN = 0.5
LEAST_FACT = 0.7  # as good as 0.5 for F1, with half the false facts where an article holds none
_HALF = 0.3  # a word between two words of a METRIC
_NEARLY = 0.6  # of the likeliest word's chance
# A fact takes the mention of an organisation that stands nearest before its value (annotation guidelines, section 2),
# unless another is more than twice as likely. Chosen on held-out articles.
_NEAR_ORG = 0.5


def decode(inputs: Sequence[DocInputs], batch: BatchInputs, scores: Scores) -> list[tuple[Links, ...]]:
    """Links of each doc of a batch, one for each value that is likely enough a fact's, in text order.

    `confidence` is the chance, as the network sees it, that it is one, and that metric, year and status are as chosen.
    """
    values = [value for item in inputs for value in item.mentions.values]
    chosen: dict[Role, list[Any]] = {}
    attributes, chance_of_status, is_fact = _attributes(scores.heads[1])
    likely = np.flatnonzero(is_fact >= LEAST_FACT)
    confidence = np.ones(len(values), dtype=np.float32)
    for index, (pool, part) in enumerate(zip(POOLS, batch.pools, strict=True)):
        candidates: list[Mention] = []
        if pool.name != WORDS:
            candidates = [mention for item in inputs for mention in pool_mentions(item.mentions, pool)]
        answers = _answers(candidates)
        kin = _kin(candidates, answers)
        for column, role in enumerate(pool.roles):
            links, none = scores.links[1][index][:, column], scores.none[1][index][:, column]
            if pool.name == WORDS:
                offsets = np.concatenate([item.word_offsets for item in inputs])
                if role is Role.METRIC:
                    chosen[role], chance = _pieces(part, sigmoid(links), offsets, values, likely)
                else:
                    chosen[role] = _cues(part, sigmoid(links), offsets, len(values))
            else:
                chances, nothing = softmax_by_value(part.left, links, none)
                chosen[role], chance, totals = _best(part, chances, nothing, candidates, answers, kin)
                if role is Role.ORG:
                    _take_nearest(chosen[role], part, totals, values, candidates)
            if role in {Role.METRIC, Role.YEAR}:
                confidence *= chance
    confidence *= chance_of_status * is_fact
    found: list[Links | None] = [None] * len(values)
    for row in likely.tolist():
        found[row] = Links(
            value=values[row].offsets,
            metric=chosen[Role.METRIC][row],
            of=chosen[Role.OF][row],
            org=chosen[Role.ORG][row],
            year=chosen[Role.YEAR][row],
            base=chosen[Role.BASE][row],
            cue=chosen[Role.CUE][row],
            confidence=float(confidence[row]),
            **attributes[row],
        )
    ends = np.cumsum(batch.values_per_doc)
    return [
        tuple(link for link in found[end - count : end] if link is not None)
        for end, count in zip(ends, batch.values_per_doc, strict=True)
    ]


def _pieces(
    part: PoolInputs, chances: Floats, offsets: Ints, values: Sequence[Mention], likely: Ints
) -> tuple[list[tuple[Offsets, ...]], Floats]:
    """The METRIC pieces of each value that is `likely` a fact's, in text order, and the chance of their words.

    The likeliest words whose expected F1 against the right ones is highest make the pieces, and every word more likely
    in than out; a sign or a half-likely word between two of them joins them. A figure in a measure (`%`, `đồng`) always
    measures something: where no word is likely enough, the likeliest are taken.
    """
    ends = np.searchsorted(part.left, np.arange(len(values) + 1))
    pieces: list[tuple[Offsets, ...]] = [()] * len(values)
    confidence = np.ones(len(values), dtype=np.float32)
    for row in likely.tolist():
        words, chance = part.right[ends[row] : ends[row + 1]], chances[ends[row] : ends[row + 1]]
        least = _least(chance, measures=not _counts(values[row]))
        runs = _runs(words, chance, least)
        best = sorted(runs, key=lambda run: -float(chance[run].sum()))[:_MOST_PIECES]
        pieces[row] = tuple(sorted((int(offsets[words[run[0]], 0]), int(offsets[words[run[-1]], 1])) for run in best))
        taken = np.concatenate(best) if best else np.zeros(0, dtype=np.int64)
        confidence[row] = chance[taken].mean() if len(taken) else 1 - (chance.max() if len(chance) else 0)
    return pieces, confidence


def _counts(value: Mention) -> bool:
    """Whether a value counts things that it names itself (`52 HTX`), and so may have no METRIC."""
    return value.quantity is not None and value.quantity.unit is not None and not value.quantity.is_measure


def _least(chance: Floats, *, measures: bool) -> float:
    """The chance from which a word belongs to a METRIC.

    With words that are in or out independently, the expected F1 of the k likeliest is close to 2·Σp₁…pₖ / (k + Σp)
    (Lipton, Elkan & Narayanaswamy 2014: the best threshold is half of the F1 that it reaches).
    """
    if not len(chance) or (chance.max() < _IN and not measures):
        return _IN
    if chance.max() < _IN:
        return float(chance.max() * _NEARLY)
    ranked = np.sort(chance)[::-1]
    expected = 2 * np.cumsum(ranked) / (np.arange(1, len(ranked) + 1) + ranked.sum())
    return min(float(ranked[expected.argmax()]), _IN)


def _cues(part: PoolInputs, chances: Floats, offsets: Ints, count: int) -> list[Offsets | None]:
    """The cue of each value: the likeliest run of words that are more likely in than out, or none."""
    ends = np.searchsorted(part.left, np.arange(count + 1))
    cues: list[Offsets | None] = [None] * count
    for row in np.unique(part.left[chances >= _IN]).tolist():
        words, chance = part.right[ends[row] : ends[row + 1]], chances[ends[row] : ends[row + 1]]
        best = max(_runs(words, chance, _IN), key=lambda run: float(chance[run].max()))
        cues[row] = (int(offsets[words[best[0]], 0]), int(offsets[words[best[-1]], 1]))
    return cues


def _runs(words: Ints, chance: Floats, least: float) -> list[Ints]:
    """Indices of the words that stand together, run by run."""
    runs: list[list[int]] = []
    likely = np.flatnonzero(chance >= least).tolist()
    for index in likely:
        if runs:
            last = runs[-1][-1]
            gap = index - last - 1
            # words that were not weighed are signs, or a value; two of them are too many to be one comma
            unweighed = words[index] - words[last] - 1 - gap
            if unweighed <= 1 and gap <= 1 and (not gap or chance[last + 1] >= _HALF):
                runs[-1].extend(range(last + 1, index + 1))
                continue
        runs.append([index])
    return [np.array(run, dtype=np.int64) for run in runs]


def _best(
    part: PoolInputs,
    chances: Floats,
    none: Floats,
    candidates: Sequence[Mention],
    answers: Ints,
    kin: tuple[Ints, Ints],
) -> tuple[list[Offsets | None], Floats, npt.NDArray[np.float64]]:
    """The likeliest answer of each value, or none, with its chance; and the chance of each pair's answer.

    Mentions that say the same (one name, one period) are one answer and share its chance; the likeliest is taken. An
    answer has the chance of its kin as well, which is right where they are (guidelines, section 7): so a year is chosen
    before one of its periods, and a name is as likely as the shorter forms that it holds and itself.

    Args:
        part: the pool.
        chances: of each pair, shape (pairs,).
        none: chance that no candidate is right, shape (values,).
        candidates: of the pool.
        answers: number of what each candidate says, shape (candidates,).
        kin: as `_kin` gives it.
    """
    best: list[Offsets | None] = [None] * len(none)
    confidence = none.copy()
    if not len(part.left):
        return best, confidence, np.zeros(0)
    size = int(answers.max()) + 1
    keys, first, group = np.unique(part.left * size + answers[part.right], return_index=True, return_inverse=True)
    total = np.bincount(group, weights=chances).astype(np.float64, copy=False)
    shared = total + _of_kin(keys, total, size, kin)
    value = part.left[first]
    # of answers that are equally likely, the likelier without its kin, then the one whose mention stands first; of its
    # mentions, the one that stands last
    by_value = np.lexsort((first, -total, -shared.round(9), value))
    leads = by_value[np.flatnonzero(np.diff(value[by_value], prepend=-1))]
    likeliest = np.lexsort((part.right, chances, group))
    mention = part.right[likeliest[np.flatnonzero(np.diff(group[likeliest], append=len(first)))]]
    for answer in leads[shared[leads].astype(np.float32) > none[value[leads]]].tolist():
        best[value[answer]], confidence[value[answer]] = candidates[mention[answer]].offsets, shared[answer]
    return best, confidence, shared[group]


def _of_kin(keys: Ints, totals: npt.NDArray[np.float64], size: int, kin: tuple[Ints, Ints]) -> npt.NDArray[np.float64]:
    """Chance of the kin of each answer, shape (answers of values,).

    Args:
        keys: `size` times the value, plus the answer, ascending, shape (answers of values,).
        totals: chance of each, shape (answers of values,).
        size: one more than the last answer.
        kin: as `_kin` gives it.
    """
    of, others = kin
    answers = keys % size
    low, high = np.searchsorted(of, answers), np.searchsorted(of, answers, side="right")
    counts = high - low
    rows = np.repeat(np.arange(len(keys)), counts)
    places = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts) + low[rows]
    wanted = keys[rows] - answers[rows] + others[places]
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = np.where(keys[at] == wanted, totals[at], 0)
    return np.bincount(rows, weights=found, minlength=len(keys)).astype(np.float64, copy=False)


def _take_nearest(
    best: list[Offsets | None],
    part: PoolInputs,
    totals: npt.NDArray[np.float64],
    values: Sequence[Mention],
    candidates: Sequence[Mention],
) -> None:
    """Where the last mention before a value is nearly as likely as its best answer, make it that answer.

    Args:
        best: the best answer of each value; changed in place.
        part: the pool.
        totals: chance of each pair's answer, as `_best` gives it, shape (pairs,).
        values: of the batch.
        candidates: of the pool.
    """
    starts = np.array([mention.span.start for mention in candidates], dtype=np.int64)
    marked = np.array([mention.marked for mention in candidates], dtype=bool)
    value_starts = np.array([value.span.start for value in values], dtype=np.int64)
    before = np.flatnonzero(marked[part.right] & (starts[part.right] < value_starts[part.left]))
    last = before[np.flatnonzero(np.diff(part.left[before], append=len(values)))]
    most = np.zeros(len(values))
    np.maximum.at(most, part.left, totals)
    for pair in last[totals[last] >= _NEAR_ORG * most[part.left[last]]].tolist():
        if best[part.left[pair]] is not None:
            best[part.left[pair]] = candidates[part.right[pair]].offsets


def _answers(candidates: Sequence[Mention]) -> Ints:
    """A number for each mention, the same for those that say the same, shape (mentions,)."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(said(mention), len(numbers)) for mention in candidates], dtype=np.int64)


def _kin(mentions: Sequence[Mention], answers: Ints) -> tuple[Ints, Ints]:
    """Answers, ascending, and the kin of each, both of shape (pairs of kin,).

    A name's are the shorter names whose words it holds, a period's the other periods of its year.
    """
    years: dict[int, list[int]] = {}
    names: dict[str, int] = {}
    for mention, answer in zip(mentions, answers.tolist(), strict=True):
        if mention.span.label is Label.ORG:
            names[str(said(mention))] = answer
        elif mention.period is not None and answer not in years.setdefault(mention.period.year, []):
            years[mention.period.year].append(answer)
    kin = [pair for one_year in years.values() for pair in permutations(one_year, 2)]
    for name, answer in names.items():
        words = name.split()
        parts = {" ".join(words[low:high]) for low in range(len(words)) for high in range(low + 1, len(words) + 1)}
        kin.extend((answer, names[part]) for part in parts - {name} if part in names)
    of, others = np.array(sorted(kin), dtype=np.int64).reshape(-1, 2).T
    return of, others


def _attributes(heads: Floats) -> tuple[list[dict[str, Any]], Floats, Floats]:
    """The likeliest class of each attribute, the chance of the status, and the chance that the value is a fact's."""
    chances = head_chances(heads)
    found: list[dict[str, Any]] = [{} for _ in heads]
    status = np.ones(len(heads), dtype=np.float32)
    is_fact = status.copy()
    at = 0
    for name, classes in HEADS:
        part = chances[:, at : at + len(classes)]
        if name == FACT:
            is_fact = part[:, classes.index(True)]
        else:
            for row, best in enumerate(part.argmax(axis=1)):
                found[row][name] = classes[best]
        if name == "status":
            status = part.max(axis=1)
        at += len(classes)
    return found, status, is_fact

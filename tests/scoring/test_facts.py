from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.errors import AnnotationError
from chitieu.facts.fact import Evidence, Fact
from chitieu.labels import Kind, Status
from chitieu.scoring.counts import Count, count_facts, fact_measures
from chitieu.scoring.errors import disagreements
from chitieu.scoring.match import agree, fold
from chitieu.scoring.rows import Row, gold_rows, predicted_rows

DATA = json.loads(Path(__file__).with_name("cases_facts.json").read_text(encoding="utf-8"))
CASES = DATA["cases"]


def as_prediction(row: Row) -> dict[str, object]:
    """A gold row as the fact object that a perfect system writes."""
    return {
        "article_id": "a", "org": row.org, "metric": row.metric, "value": row.value, "value_high": row.value_high,
        "unit": row.unit, "bound": row.bound, "year": row.years[0] if row.years else None, "status": row.status,
        "kind": row.kind, "derived": None, "evidence": {"value": list(row.span)},
    }  # fmt: skip


@pytest.fixture(scope="module")
def gold(compiled):
    return compiled(DATA["gold"]["body"], DATA["gold"]["facts"])


def predict(gold, recipes):
    rows = dict(zip(("V1", "V2", "V3", "V4"), gold_rows(gold), strict=True))
    facts = []
    for recipe in recipes:
        name, _, change = recipe.partition(" ")
        if name == "elsewhere":
            facts.append(as_prediction(replace(rows["V1"], span=(0, 3))))
        elif name == "derived":
            facts.append(as_prediction(rows["V1"]) | {"derived": {"rule": "plan", "from": []}})
        elif name == "V1+V2":
            facts.append(as_prediction(replace(rows["V1"], span=(rows["V1"].span[0], rows["V2"].span[1]))))
        else:
            fact = as_prediction(rows[name])
            if change:
                key, _, value = change.partition("=")
                number = {"year": int, "value": float}.get(key, str)
                fact[key] = number(value) if value else None
            facts.append(fact)
    return facts


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_counts(gold, case):
    totals = {m.name: m.total for m in fact_measures([gold], {"a": predict(gold, case["predict"])})}
    if case["name"] == "one long value over two":  # it finds one of the two, not both
        assert totals["value found"] == Count(2, 2, 3)
    assert totals["core"] == Count(*case["core"])
    assert totals["full"] == Count(*case["full"])


def test_fields_are_counted_over_matched_values(gold):
    facts = predict(gold, ["V1 year=2022", "V2 kind=share", "V4 org=", "elsewhere"])
    totals = {m.name: m.total for m in fact_measures([gold], {"a": facts})}
    assert totals["value found"] == Count(2, 3, 3)
    assert totals["year"] == Count(1, 2, 2)
    assert totals["kind"] == Count(1, 2, 2)
    assert totals["org"] == Count(2, 2, 2)


def test_the_better_of_two_predictions_is_matched_whatever_their_order(gold):
    facts = predict(gold, ["V1 year=2022", "V1"])
    for order in (facts, facts[::-1]):
        assert {m.name: m.total for m in fact_measures([gold], {"a": order})}["core"] == Count(1, 2, 3)


def test_agreement_goes_before_overlap(gold):
    whole = gold_rows(gold)[0]
    start, end = whole.span
    part = replace(whole, span=(start, end - 2))
    wrong = replace(whole, years=(2010,))
    for rows in ([part, wrong], [wrong, part]):
        assert count_facts(rows, [whole])["core"] == Count(1, 2, 1)


def test_values_that_only_touch_are_not_the_same(gold):
    row = gold_rows(gold)[0]
    touching = replace(row, span=(row.span[1], row.span[1] + 4))
    assert count_facts([touching], [row])["value found"] == Count(0, 1, 1)


def test_equally_good_predictions_are_told_apart_by_content(gold):
    facts = predict(gold, ["V1 year=2022", "V1 status=target"])
    there, back = predicted_rows(facts), predicted_rows(facts[::-1])
    assert count_facts(there, gold_rows(gold)) == count_facts(back, gold_rows(gold))


def test_articles_without_predictions_count(gold, compiled):
    other = compiled("có [[V1|3 tổ]].", "V1: 2020 actual", "b")
    (found,) = (m for m in fact_measures([gold, other], {"a": predict(gold, ["V1"])}) if m.name == "core")
    assert found.counts == (Count(1, 1, 3), Count(0, 0, 1))


def test_predictions_for_other_articles_are_refused(gold):
    with pytest.raises(AnnotationError, match="C207"):
        fact_measures([gold], {"a": [], "b": []})


def test_gold_without_known_years_accepts_any(compiled):
    article = compiled("có [[V1|3 tổ]].", "V1: actual")
    (row,) = gold_rows(article)
    assert all(agree(replace(row, years=years), row).year for years in ((), (1999,)))


def test_gold_that_does_not_read_still_counts(compiled):
    article = compiled("có [[V1|vô số tổ]], [[V2|3 tổ]].", "V1: 2020 actual\nV2: 2020 actual")
    rows = gold_rows(article)
    assert rows[0].value is None
    assert count_facts([], rows)["core"] == Count(0, 0, 2)


def test_a_fact_object_and_its_json_score_alike(gold):
    row = gold_rows(gold)[0]
    fact = Fact(
        "a", row.metric, Decimal(120), Status.ACTUAL, Kind.LEVEL, Evidence(row.span), "…",
        unit="ha", org=row.org, year=2021,
    )  # fmt: skip
    assert predicted_rows([fact]) == predicted_rows([fact.to_dict()])
    assert {m.name: m.total for m in fact_measures([gold], {"a": [fact]})}["full"] == Count(1, 1, 3)


BROKEN_EVIDENCE = [{}, {"evidence": None}, {"evidence": {}}, {"evidence": {"value": [1]}}]
BROKEN_FIELDS = [
    {"evidence": {"value": [0, 2]}, **field} for field in ({"value": "x"}, {"year": "soon"}, {"metric": 7})
]


@pytest.mark.parametrize("broken", BROKEN_EVIDENCE + BROKEN_FIELDS)
def test_what_is_no_fact_is_told(broken):
    with pytest.raises(AnnotationError, match="C206"):
        predicted_rows([broken])


def test_disagreements_name_missed_extra_and_wrong(gold):
    found = list(disagreements(gold, predict(gold, ["V1 year=2022", "V3", "V4 org=", "elsewhere"])))
    assert [(d.gold is None, d.predicted is None, d.wrong) for d in found] == [
        (True, False, ()),
        (False, False, ("year",)),
        (False, True, ()),
    ]


@pytest.mark.parametrize(
    ("a", "b"), [("Hoà Bình", "hòa bình"), ("Uỷ ban", "ủy  ban"), ("khoẻ", "khỏe"), ("xã", "xa\u0303"), ("TỔ", "tổ")]
)
def test_spellings_that_fold_together(a, b):
    assert fold(a) == fold(b)


def test_vowels_that_do_not_fold():
    assert fold("quả") != fold("qủa")
    assert fold("hoan") != fold("hoàn")


ORGS = st.sampled_from([None, "toàn tỉnh", "Xã Nga", "xã", "Liên minh HTX", "HTX"])
ROWS = st.builds(
    Row,
    span=st.integers(0, 30).flatmap(lambda start: st.tuples(st.just(start), st.integers(start + 1, start + 6))),
    value=st.sampled_from([1.0, 2.0, 5e9]),
    value_high=st.sampled_from([None, None, 7.0]),
    unit=st.sampled_from([None, "HTX", "tỷ đồng", "%"]),
    metric=st.sampled_from([None, "thành lập mới HTX", "thành lập", "doanh thu bình quân"]),
    org=ORGS,
    years=st.sampled_from([(), (2020,), (2021,), (2020, 2021)]),
    status=st.sampled_from(["target", "actual"]),
    kind=st.sampled_from(["level", "share"]),
    bound=st.sampled_from(["exact", "min"]),
    optional=st.booleans(),
)


def disjoint(rows: list[Row]) -> list[Row]:
    """The rows, moved so that no two values overlap, in text order."""
    return [replace(row, span=(10 * i, 10 * i + row.span[1] - row.span[0])) for i, row in enumerate(rows)]


GOLD = st.lists(ROWS, max_size=6).map(disjoint)


@given(GOLD)
def test_perfect_predictions_score_one(gold_):
    rows = [replace(row, years=row.years[:1]) for row in gold_]
    n = sum(not row.optional for row in gold_)
    counts = count_facts(rows, gold_)
    assert counts["full"] == counts["core"] == counts["value found"] == Count(n, n, n)


@given(GOLD.filter(bool), st.data())
def test_dropping_a_right_fact_lowers_recall_only(gold_, data):
    at = data.draw(st.integers(0, len(gold_) - 1))
    rows = [replace(row, years=row.years[:1]) for row in gold_]
    core = count_facts(rows[:at] + rows[at + 1 :], gold_)["core"]
    n = sum(not row.optional for row in gold_)
    lost = 0 if gold_[at].optional else 1
    assert core == Count(n - lost, n - lost, n)


@given(GOLD, st.lists(ROWS, max_size=8), st.randoms(use_true_random=False))
def test_order_of_predictions_does_not_matter(gold_, rows, random):
    objects = [as_prediction(row) for row in rows]
    before = count_facts(predicted_rows(objects), gold_)
    random.shuffle(objects)
    assert count_facts(predicted_rows(objects), gold_) == before


@given(GOLD, st.lists(ROWS, max_size=8))
def test_counts_stay_within_their_bounds(gold_, rows):
    counts = count_facts(sorted(rows, key=repr), gold_)
    assert counts["full"].correct <= counts["core"].correct <= counts["value and unit"].correct
    found = counts["value found"]
    assert counts["value and unit"].correct <= found.correct <= min(found.predicted, found.gold)


@given(GOLD, st.lists(ROWS, max_size=6))
def test_an_extra_prediction_elsewhere_lowers_precision_only(gold_, rows):
    before = count_facts(rows, gold_)["core"]
    extra = replace(
        rows[0] if rows else Row((0, 1), 1.0, None, None, None, None, (), "actual", "level", "exact"), span=(900, 905)
    )
    after = count_facts([*rows, extra], gold_)["core"]
    assert after == before + Count(0, 1, 0)

"""Whatever a file holds, reading it gives an article, findings, or one clear error."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.annotation.brat import format_brat, parse_brat
from chitieu.annotation.doccano import from_doccano, to_doccano
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.inline import parse_inline
from chitieu.annotation.label_studio import from_task, to_task
from chitieu.annotation.prodigy import from_prodigy, to_prodigy
from chitieu.errors import AnnotationError

ARTICLE = parse_inline(
    "id: a\ntitle: Xã\npublished: 2021-07-05\n===\n"
    "[[O1|Xã]] 😀 [[M1|dựng]] [[V1|52 HTX]], tăng [[V2|5%]] so với [[Y1|2020]]\n"
    "===\nV1: M1 O1 2021-H1 actual\nV2: of=V1 base=Y1@2020 2021-H1 actual change up\n"
)
JSON_FORMS = {
    "label-studio": (to_task(ARTICLE), from_task),
    "doccano": (to_doccano(ARTICLE), from_doccano),
    "prodigy": (to_prodigy(ARTICLE), from_prodigy),
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 60)
    | st.sampled_from([10**30, -(10**30), 1.5, "", "V1", "O1", "VALUE", "status=actual", "years=", "status", "\ud800"])
    | st.text(max_size=4)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner))


def places(value, path=()):
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from places(inner, (*path, key))


@pytest.mark.parametrize("form", JSON_FORMS)
@given(data=st.data())
def test_json_with_anything_anywhere(form, data):
    exported, read = JSON_FORMS[form]
    changed = copy.deepcopy(exported)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from([path for path in places(changed) if path]))
        holder = changed
        for key in path[:-1]:
            holder = holder[key]
        if data.draw(st.booleans()) and isinstance(holder, dict):
            del holder[path[-1]]
        else:
            holder[path[-1]] = data.draw(VALUES)
        if not any(places(changed)):
            break
    findings = []
    try:
        article = read(changed, "x", findings)
    except AnnotationError:
        return
    assert article is None or AnnotatedArticle.from_dict(json.loads(json.dumps(article.to_dict()))) == article
    assert article is not None or findings


LINES = format_brat(ARTICLE)[".ann"].splitlines()
PARTS = st.sampled_from(
    [
        "T1",
        "T9",
        "R1",
        "A1",
        "#1",
        "*",
        "\t",
        " ",
        "VALUE",
        "0 2",
        "3 99",
        ";",
        "Arg1:T1",
        "Arg2:T3",
        "org",
        "%",
        "%5b.",
    ]
)


@given(st.lists(st.sampled_from(LINES) | st.lists(PARTS, max_size=7).map("".join) | st.text(max_size=9), max_size=12))
def test_brat_with_any_lines(lines):
    findings = []
    article = parse_brat("\n".join(lines), {"id": "a", "text": ARTICLE.article.text}, "a.ann", findings)
    assert AnnotatedArticle.from_dict(article.to_dict()) == article
    taken = len(article.spans) + sum(len(list(fact.references())) for fact in article.facts)
    assert taken or findings or not any(line.strip() for line in lines)

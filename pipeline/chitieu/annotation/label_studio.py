r"""Label Studio: task JSON with annotations or predictions, the labelling config for it, and its JSON export.

A mark is a region; the attributes of a VALUE are choices and text areas of that region; a link is a relation from the
VALUE (`from_id`) to what it points to (`to_id`). Offsets are code points: the editor of 1.23 counts them so
(`[...text].length`, not JavaScript's UTF-16 units), a line break for one, and shows that as `\n` in a region's words.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chitieu.annotation.exchange import (
    CHOICES,
    ROLE_LABELS,
    Draft,
    Finding,
    attributes_of,
    links_of,
    metadata,
)
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.json_input import an_object, objects, parse, read_text

_COLOURS = {"VALUE": "#ffb300", "METRIC": "#1e88e5", "ORG": "#8e24aa", "YEAR": "#43a047"}
_COLOURS |= {"TARGET": "#f4511e", "ACTUAL": "#00897b"}
_HINTS = {
    "period": "2022, 2022-H1, 2022-9M, 2022-Q3, 2022-06, 2021/2025",
    "years": "acceptable years, where not the last of the period: 2021,2022",
    "base_years": "year of the comparison: 2021",
}
_SHOWN_AS_TEXT = ("title", "published")


def labelling_config() -> str:
    """The labelling interface as XML."""
    labels = "".join(f'    <Label value="{label}" background="{colour}"/>\n' for label, colour in _COLOURS.items())
    region = 'toName="text" perRegion="true" whenTagName="label" whenLabelValue="VALUE"'
    choices = "".join(
        f'  <Choices name="{name}" {region} choice="single-radio" showInline="true">\n'
        + "".join(f'    <Choice value="{value}"/>\n' for value in values)
        + "  </Choices>\n"
        for name, values in CHOICES.items()
    )
    areas = "".join(
        f'  <TextArea name="{name}" {region} maxSubmissions="1" editable="true" placeholder="{name}: {hint}"/>\n'
        for name, hint in _HINTS.items()
    )
    relations = "".join(f'    <Relation value="{role}"/>\n' for role in ROLE_LABELS)
    return (
        "<View>\n"
        '  <Header value="$title" size="4"/>\n'
        '  <Header value="$published" size="5"/>\n'
        f'  <Labels name="label" toName="text" showInline="true">\n{labels}  </Labels>\n'
        f"  <Relations>\n{relations}  </Relations>\n"
        '  <Text name="text" value="$text" granularity="symbol"/>\n'
        f"{choices}{areas}</View>\n"
    )


def to_task(article: AnnotatedArticle, *, predicted: bool = False) -> dict[str, Any]:
    """One article as a task, its marks as an annotation, or as a prediction that an annotator starts from.

    Raises:
        AnnotationError: C231 as in `attributes_of`.
    """
    article = article.canonical()
    places: dict[str, dict[str, Any]] = {}
    result: list[dict[str, Any]] = []

    def add(span_id: str, name: str, kind: str, value: dict[str, Any]) -> None:
        region = {"id": span_id, "from_name": name, "to_name": "text", "type": kind}
        result.append({**region, "value": {**places[span_id], **value}})

    for span in article.spans:
        places[span.id] = {"start": span.start, "end": span.end}
        add(span.id, "label", "labels", {"text": article.surface(span), "labels": [span.label.value]})
    for fact in article.facts:
        for name, value in attributes_of(fact).items():
            is_choice = name in CHOICES
            content: dict[str, Any] = {"choices": [value]} if is_choice else {"text": [value]}
            add(fact.value, name, "choices" if is_choice else "textarea", content)
        result += [
            {"type": "relation", "from_id": fact.value, "to_id": span_id, "direction": "right", "labels": [role]}
            for role, span_id in links_of(fact)
        ]
    kept = metadata(article, keeps_ids=True)
    kept |= {key: kept[key] or "" for key in _SHOWN_AS_TEXT}  # the config shows them, and null reads badly
    marks = {"model_version": "chitieu", "result": result} if predicted else {"result": result}
    return {"data": {**kept, "text": article.article.text}, "predictions" if predicted else "annotations": [marks]}


def from_task(task: Mapping[str, Any], place: str, findings: list[Finding]) -> AnnotatedArticle | None:
    """The article of a task as Label Studio exports it (format JSON); None, and listed, where nobody annotated it.

    Cancelled annotations are passed over; of several the latest is taken, and the others are listed.

    Raises:
        AnnotationError: C202 the task is malformed.
    """
    data = an_object(task.get("data"), f"{place}: data")
    if "id" not in data and "id" in task:
        data = {**data, "id": f"task-{task['id']}"}
    draft = Draft(data, place, findings, hints=True)
    given = objects(task, "annotations", place)
    annotations = [annotation for annotation in given if not annotation.get("was_cancelled")]
    if len(annotations) < len(given):
        draft.note(f"{len(given) - len(annotations)} cancelled annotations")
    if len(annotations) > 1:
        annotations.sort(key=lambda annotation: str(annotation.get("updated_at") or ""))
        draft.note(f"{len(annotations)} annotations: the latest is taken")
    if task.get("drafts"):
        draft.note("a draft was never submitted: it is not taken over")
    if not annotations:
        predictions = task.get("predictions")
        # the export lists predictions by their numbers alone; only a task on its way in has them whole
        annotations = [made for made in predictions if isinstance(made, dict)] if isinstance(predictions, list) else []
        if not annotations:
            draft.note("nobody has annotated it: the article is left out")
            return None
        draft.note("no annotation: the prediction is taken, which nobody has confirmed")
    result = objects(annotations[-1], "result", place)
    for item in result:
        if item.get("type") == "labels":
            _region(draft, item)
    for item in result:
        if item.get("type") == "relation":
            _relation(draft, item)
        elif item.get("type") != "labels":
            _attribute(draft, item)
    return draft.build()


def read_label_studio(path: Path) -> list[tuple[str, dict[str, Any]]]:
    """The tasks of a JSON file, each with its place.

    Raises:
        AnnotationError: C201 it is no JSON; C202 it is neither a task nor a list of tasks.
    """
    tasks = parse(read_text(path), str(path))
    if not isinstance(tasks, list):
        tasks = [tasks]
    return [(f"{path}: task {n}", an_object(task, f"{path}: task {n}")) for n, task in enumerate(tasks, 1)]


def tasks_json(articles: list[AnnotatedArticle], *, predicted: bool = False) -> str:
    """Several articles as the file to import."""
    tasks = [to_task(article, predicted=predicted) for article in articles]
    return json.dumps(tasks, ensure_ascii=False, indent=1) + "\n"


def _region(draft: Draft, item: dict[str, Any]) -> None:
    value = item.get("value")
    labels = value.get("labels") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(labels, list) or len(labels) != 1:
        draft.note(f"region {_key(item.get('id'))!r} must have one label, it has {str(labels)[:60]}")
        draft.lose(_key(item.get("id")))
        return
    text = value.get("text")
    surface = text if isinstance(text, str) else None
    draft.span(_key(item.get("id")), labels[0], value.get("start"), value.get("end"), surface)


def _attribute(draft: Draft, item: dict[str, Any]) -> None:
    name, value = item.get("from_name"), item.get("value")
    content = value.get("choices" if item.get("type") == "choices" else "text") if isinstance(value, dict) else None
    if item.get("type") not in ("choices", "textarea") or not isinstance(content, list):
        position = draft.position(_key(item.get("id")))
        draft.note(f"result of the type {str(item.get('type'))[:60]!r} not taken over", position)
        return
    for given in content:
        draft.attribute(_key(item.get("id")), name, given.strip() if isinstance(given, str) else given)


def _relation(draft: Draft, item: dict[str, Any]) -> None:
    head, target, labels = _key(item.get("from_id")), _key(item.get("to_id")), item.get("labels")
    direction = item.get("direction", "right")
    if not isinstance(labels, list) or not labels:
        draft.note(f"a relation from {head!r} to {target!r} without a label", draft.position(head))
    elif direction not in ("left", "right"):
        draft.note(f"relation {str(labels)[:60]} points {direction!r}: make it point one way", draft.position(head))
    else:
        for role in labels:
            draft.link(role, *((head, target) if direction == "right" else (target, head)))


def _key(value: object) -> str:
    return value if isinstance(value, str) else repr(value)

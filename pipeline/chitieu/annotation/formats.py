"""Every form that annotated articles are written in, by name: reading and writing them as files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from chitieu.annotation import brat, doccano, label_studio, prodigy
from chitieu.annotation.exchange import Finding
from chitieu.annotation.files import INLINE_SUFFIX, annotation_files, read_file
from chitieu.annotation.forms import Form
from chitieu.annotation.gold import AnnotatedArticle
from chitieu.annotation.inline import format_inline
from chitieu.annotation.json_input import json_lines
from chitieu.errors import AnnotationError, ChitieuError, OutputError

_CONFIG_SUFFIX = ".config.xml"


class Reading:
    """What reading several files came to: articles with their files, what broke, and what was not taken over."""

    def __init__(self) -> None:
        self.articles: list[tuple[Path, AnnotatedArticle]] = []
        self.broken: list[ChitieuError] = []
        self.findings: list[tuple[Path, Finding]] = []


def read_forms(paths: Sequence[Path], form: Form | None = None) -> Reading:
    """Read the articles of files and folders; one broken article does not hide the others.

    Args:
        paths: files, or folders that are searched.
        form: what they are; None for inline and gold JSON Lines, told by their suffix.

    Raises:
        AnnotationError: C205 a path does not exist, or is no file of the form.
    """
    reading = Reading()
    for file in list(_files(paths, form)):
        found: list[Finding] = []
        try:
            for step in _steps(file, form, found):
                try:
                    article = step()
                except ChitieuError as error:
                    reading.broken.append(error)
                    continue
                if article is not None:
                    reading.articles.append((file, article))
        except ChitieuError as error:
            reading.broken.append(error)
        reading.findings += [(file, finding) for finding in found]
    return reading


def _files(paths: Sequence[Path], form: Form | None) -> Iterator[Path]:
    if form is Form.BRAT:
        yield from brat.brat_files(list(paths))
    elif form in {None, Form.INLINE, Form.JSONL}:
        for file in annotation_files(paths):
            if form is None or file.name.endswith(INLINE_SUFFIX) == (form is Form.INLINE):
                yield file
    else:
        suffix = ".json" if form is Form.LABEL_STUDIO else ".jsonl"
        for path in paths:
            if path.is_dir():
                yield from sorted(file for file in path.rglob(f"*{suffix}") if file.is_file())
            elif path.is_file():
                yield path
            else:
                raise AnnotationError("C205", "no such file or folder", place=str(path), remedy=f"name a {suffix} file")


def _steps(file: Path, form: Form | None, findings: list[Finding]) -> Iterator[Callable[[], AnnotatedArticle | None]]:
    """For each article of a file, what reads it; the file itself is read on the way."""
    if form is Form.BRAT:
        yield lambda: brat.read_brat(file, findings)
    elif form is Form.LABEL_STUDIO:
        for place, task in label_studio.read_label_studio(file):
            yield lambda place=place, task=task: label_studio.from_task(task, place, findings)  # type: ignore[misc]
    elif form is Form.DOCCANO:
        for place, line in json_lines(file):
            yield lambda place=place, line=line: doccano.from_doccano(line, place, findings)  # type: ignore[misc]
    elif form is Form.PRODIGY:
        for place, line in json_lines(file):
            yield lambda place=place, line=line: prodigy.from_prodigy(line, place, findings)  # type: ignore[misc]
    else:
        for article in read_file(file):
            yield lambda article=article: article  # type: ignore[misc]


def written(
    form: Form, articles: Iterable[AnnotatedArticle], output: Path, *, predicted: bool = False
) -> dict[Path, str]:
    """The files that a form consists of, with their contents.

    Args:
        form: to write in.
        articles: what is written; ids must be distinct, and file names where the form has a file for each article.
        output: a folder for the forms in `FOLDERS`, else a file.
        predicted: Label Studio only: as predictions, to start annotating from.

    Raises:
        AnnotationError: C204 an id stands twice; C214, C231 an article can't be written in the form.
        OutputError: C402 an id is no file name.
    """
    articles = list(articles)
    require_distinct(articles)
    if form is Form.INLINE:
        return {_inside(output, article.id, INLINE_SUFFIX): format_inline(article) for article in articles}
    if form is Form.BRAT:
        files = {output / "annotation.conf": brat.annotation_conf(), output / "visual.conf": brat.visual_conf()}
        for article in articles:
            files |= {_inside(output, article.id, end): text for end, text in brat.format_brat(article).items()}
        return files
    if form is Form.LABEL_STUDIO:
        config = output.with_name(output.stem + _CONFIG_SUFFIX)
        tasks = label_studio.tasks_json(articles, predicted=predicted)
        return {output: tasks, config: label_studio.labelling_config()}
    line = {Form.DOCCANO: doccano.doccano_line, Form.PRODIGY: prodigy.prodigy_line}[form]
    return {output: "".join(map(line, articles))}


def require_distinct(articles: Iterable[AnnotatedArticle]) -> None:
    """Refuse articles that could not be told apart.

    Raises:
        AnnotationError: C204 an id stands twice.
    """
    seen: set[str] = set()
    for article in articles:
        if article.id in seen:
            raise AnnotationError("C204", f"article id {article.id!r} stands twice", remedy="rename one")
        seen.add(article.id)


def _inside(folder: Path, article_id: str, suffix: str) -> Path:
    """A file of an article in the folder; ids come from input, and must not lead out of it."""
    if Path(article_id).name != article_id or article_id.startswith(".") or "\0" in article_id:
        raise OutputError("C402", f"{article_id!r} is no file name", place=str(folder), remedy="rename the article")
    return folder / (article_id + suffix)

"""Digests by which a later run knows an article and a model again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from chitieu.article import Article
from chitieu.pipeline import require_model

_CHUNK = 1 << 20  # bytes
_NOT_THE_MODEL = {".md"}  # the card: words about the model, which change nothing that it says


def content_digest(article: Article) -> str:
    """SHA-256 of everything that the facts of an article depend on: text, title and publication date."""
    digest = hashlib.sha256()
    published = None if article.published is None else article.published.isoformat()
    for part in (article.text, article.title, published):
        data = b"" if part is None else part.encode("utf-8", errors="surrogatepass")
        digest.update(b"%d:" % (-1 if part is None else len(data)))  # lengths keep two parts from passing for others
        digest.update(data)
    return digest.hexdigest()


def model_digest(folder: Path) -> str:
    """SHA-256 over the files of a model folder, names and contents; its card and hidden files are passed over.

    Raises:
        ModelError: C302 to C304 or C309 the folder holds no model that can be used.
    """
    require_model(folder)
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.suffix in _NOT_THE_MODEL or any(part.startswith(".") for part in name.split("/")):
            continue
        digest.update(b"%d:%s" % (len(name.encode()), name.encode()))
        digest.update(b"%d:" % path.stat().st_size)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()

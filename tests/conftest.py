"""Shared by the whole suite: fixed random choices, and small pipelines made from the shipped config."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from spacy.language import Language

    from chitieu.annotation.gold import AnnotatedArticle
    from chitieu.training.train import Trained

# Small matrices and a shared machine: threads would only wait for each other. Before numpy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "configs" / "cpu.cfg"
TINY = Path(__file__).parent / "training" / "tiny.jsonl"

# The same examples on every run; no deadline, since other work may hold the machine.
settings.register_profile(
    "chitieu", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("chitieu")

# The shipped config with everything small and no word vectors.
SMALL: dict[str, Any] = {
    "paths.vectors": None,
    "paths.init_tok2vec": None,
    "components.tok2vec.model.embed.include_static_vectors": False,
    "components.tok2vec.model.embed.rows": [500, 100, 100, 10],
    "components.tok2vec.model.encode.width": 32,
    "components.tok2vec.model.encode.depth": 1,
    "components.ner.model.hidden_width": 32,
    "components.chitieu_relation.model.hidden_width": 32,
}


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def small_overrides() -> dict[str, Any]:
    """Values of configs/cpu.cfg that make a pipeline of a few hundred kilobytes."""
    return dict(SMALL)


@pytest.fixture(scope="session")
def tiny_corpus() -> Path:
    """Three articles, one of them without facts."""
    return TINY


@pytest.fixture(scope="session")
def tiny_articles() -> list[AnnotatedArticle]:
    """The articles of the tiny corpus."""
    from chitieu.annotation.gold import read_annotated

    return list(read_annotated(TINY))


@pytest.fixture(scope="session")
def untrained() -> Language:
    """Every component of the shipped config, small, with random weights. Tests leave it as it is."""
    from spacy import util
    from thinc.api import fix_random_seed

    fix_random_seed(0)
    config = util.load_config(CONFIG, overrides={**SMALL, "paths.train": [str(TINY)]})
    nlp = util.load_model_from_config(config, auto_fill=True)
    corpus = util.registry.resolve({"corpus": config.interpolate()["corpora"]["train"]})["corpus"]
    nlp.initialize(lambda: corpus(nlp))
    return nlp


@pytest.fixture(scope="session")
def describe_model() -> Callable[[Path], None]:
    """Make a folder pass for a model of this version, for tests that never load it."""
    from chitieu.pipeline import MODEL_FORMAT

    def describe(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        meta = {"chitieu": {"format": MODEL_FORMAT}}
        (folder / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
        (folder / "config.cfg").write_text("", encoding="utf-8")

    return describe


@pytest.fixture(scope="session")
def train_tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Trained]:
    """Train on the tiny corpus, as `chitieu train` does, for a few seconds."""
    from chitieu.training.corpora import Corpora
    from chitieu.training.train import train

    def run(folder: Path | None = None, **overrides: Any) -> Trained:
        return train(
            CONFIG,
            folder or tmp_path_factory.mktemp("trained") / "model",
            Corpora((TINY,), (TINY,)),
            vectors=Path("no vectors"),
            overrides={
                **SMALL,
                "training.max_epochs": 0,
                "training.max_steps": 80,
                "training.eval_frequency": 80,
                "training.dropout": 0.0,
                "training.optimizer.learn_rate": 0.01,
                "components.chitieu_relation.model.dropout": 0.0,
                **overrides,
            },
            log=io.StringIO(),
        )

    return run


@pytest.fixture(scope="session")
def trained(train_tiny: Callable[..., Trained]) -> Trained:
    """A small model that knows the tiny corpus by heart. Tests leave its folder as it is."""
    return train_tiny()


@pytest.fixture(scope="session")
def nlp(trained: Trained) -> Language:
    """The small trained model, loaded. Tests leave it as it is."""
    import chitieu

    return chitieu.load(trained.folder)

"""Weights that a training starts from: the token vectors and the relation network of a model that there is already.

The tagger's are not taken over: the order of its moves comes from the articles it is initialised with, and it learns
fast.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import srsly
from spacy.language import Language
from thinc.api import Model

from chitieu.errors import ModelError

TAKEN = ("tok2vec", "chitieu_relation")


class WeightsOf:
    """Gives an initialised pipeline the weights of a model; registered as `chitieu.WeightsOf.v1`.

    Args:
        path: a model folder; with None, nothing is done.
    """

    def __init__(self, path: str | Path | None) -> None:
        self.path = None if path is None else Path(path)

    def __call__(self, nlp: Language) -> Language:
        """Put the weights in their places.

        Raises:
            ModelError: C315 the folder holds no such weights, or they are of another shape than the pipeline's.
        """
        if self.path is None:
            return nlp
        for component in TAKEN:
            file = self.path / component / "model"
            try:
                given: list[dict[str, Any]] = srsly.msgpack_loads(file.read_bytes())["params"]
                shapes = [_shapes(params) for params in given]
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise self._unusable(f"no weights of {component} can be read ({type(error).__name__})") from error
            model: Model[Any, Any] = cast("Any", nlp.get_pipe(component)).model
            nodes = list(model.walk())
            if shapes != [_shapes({name: _param(node, name) for name in node.param_names}) for node in nodes]:
                raise self._unusable(f"the weights of {component} don't fit the config")
            for node, params in zip(nodes, given, strict=True):
                for name, value in params.items():
                    if value is not None:
                        node.set_param(name, cast("Any", np.array(value)))
        return nlp

    def _unusable(self, what: str) -> ModelError:
        return ModelError(
            "C315",
            what,
            place=str(self.path),
            remedy="name a model that this config trained, or train from the beginning, without --from",
        )


def _param(node: Model[Any, Any], name: str) -> Any:
    return node.get_param(name) if node.has_param(name) else None


def _shapes(params: dict[str, Any]) -> dict[str, tuple[int, ...] | None]:
    return {name: None if value is None else value.shape for name, value in params.items()}

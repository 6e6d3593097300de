"""The corpus folder as a Hugging Face dataset: offline, typed, and every article as the JSON Lines have it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "annotations"
FILES = {"train": "train.jsonl", "validation": "dev.jsonl", "test": "test.jsonl"}

# In a process of its own: the library reads the environment when it is imported. Any call of the network fails.
SCRIPT = """
import json, socket, sys

def refuse(*args, **kwargs):
    raise RuntimeError("the network was asked")

socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
from datasets import load_dataset

data = load_dataset("annotations")
shape = lambda feature: (
    {name: shape(held) for name, held in feature.items()} if isinstance(feature, dict)
    else [shape(feature[0])] if isinstance(feature, list)
    else feature.dtype if type(feature).__name__ == "Value"
    else [shape(feature.feature)]
)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(
        {
            name: {"features": {key: shape(value) for key, value in split.features.items()}, "rows": list(split)}
            for name, split in data.items()
        },
        file,
        default=str,
    )
"""

TEXT, SPAN_ID = "string", "string"
FEATURES = {
    **dict.fromkeys(("id", "title", "text"), TEXT),
    "published": "date32",
    **dict.fromkeys(("source", "url", "split", "genre"), TEXT),
    "spans": [{"id": SPAN_ID, "label": TEXT, "start": "int32", "end": "int32"}],
    "facts": [
        {
            "value": SPAN_ID,
            "metric": [SPAN_ID],
            **dict.fromkeys(("of", "org", "year", "base", "cue"), SPAN_ID),
            **dict.fromkeys(("status", "kind", "dir", "bound"), TEXT),
            "years": ["int32"],
            "period": TEXT,
            "base_years": ["int32"],
            "optional": "bool",
        }
    ],
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hugging-face")
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HOME": str(folder)}
    command = [sys.executable, "-c", SCRIPT, str(folder / "loaded.json")]
    done = subprocess.run(command, cwd=CORPUS.parent, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads((folder / "loaded.json").read_text(encoding="utf-8"))


def test_splits_are_the_three_files_and_nothing_else(loaded):
    assert list(loaded) == list(FILES)


@pytest.mark.parametrize("split", FILES)
def test_features_are_typed(loaded, split):
    assert loaded[split]["features"] == FEATURES


@pytest.mark.parametrize("split", FILES)
def test_every_article_is_as_the_json_lines_have_it(loaded, split):
    lines = (CORPUS / FILES[split]).read_text(encoding="utf-8").splitlines()
    wanted = [{"genre": None, **json.loads(line)} for line in lines]
    assert all(article["published"] is None or date.fromisoformat(article["published"]) for article in wanted)
    assert loaded[split]["rows"] == wanted


def test_card_has_the_size_category_of_the_corpus(loaded):
    (category,) = re.findall(r"^size_categories:\n- (\S+)$", (CORPUS / "README.md").read_text("utf-8"), re.MULTILINE)
    articles = sum(len(split["rows"]) for split in loaded.values())
    assert category == ("n<1K" if articles < 1_000 else "1K<n<10K")

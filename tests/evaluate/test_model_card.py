"""The model card and the README's tables are what the script makes of the recorded runs, and nothing else."""

from __future__ import annotations

import json
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = spec_from_file_location("model_card", ROOT / "evaluate" / "model_card.py")
model_card = module_from_spec(spec)
spec.loader.exec_module(model_card)


def recorded(path: Path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def reports():
    return recorded(model_card.FOLDER / "scores.json")


def test_card(reports):
    meta = recorded(model_card.FOLDER / "meta.json")
    card = model_card.card(reports, meta, model_card.facts_table(reports))
    assert (model_card.FOLDER / "README.md").read_text(encoding="utf-8") == card


def test_tables_of_the_readme(reports):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    speed = model_card.speed_table(recorded(model_card.SPEED))
    for name, table in (("scores", model_card.facts_table(reports)), ("speed", speed)):
        block = readme.partition(f"<!-- {name} -->")[2].partition(f"<!-- /{name} -->")[0]
        assert block.strip() == table.strip()


def test_the_recorded_run_is_of_the_corpus_as_it_lies_here(reports):
    """The gate holds the corpus to its digest; here, to the counts that the card tells."""
    floors = recorded(ROOT / "evaluate" / "floors.json")["sets"]
    for name, report in reports.items():
        core = report["sections"]["facts"]["core"][model_card.MODEL]
        assert (report["articles"], core["gold"]) == (
            floors[name]["corpus"]["articles"],
            floors[name]["corpus"]["facts"],
        )

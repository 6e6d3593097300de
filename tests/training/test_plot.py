"""The course of a training, as numbers and as a picture."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from chitieu.training.plot import NUMBERS, PLOT, training_rows, write_course
from chitieu.training.state import Evaluation


def evaluation(step: int, core: float, best: bool, ner: float = 30.0) -> Evaluation:
    scores = {"core_f": core, "value_f": 0.9, "full_f": core / 2, "ents_per_type": {"ORG": {"f": 0.5}}, "speed": 1e4}
    return Evaluation(step, step // 4, step * 10, 1.0 * step, {"tok2vec": 0.0, "ner": ner}, core, scores, best)


HISTORY = [evaluation(0, 0.0, True), evaluation(10, 0.6, True, 300.0), evaluation(20, 0.5, False, 200.0)]


def test_losses_are_means_of_an_update():
    assert [row["losses"]["ner"] for row in training_rows(HISTORY)] == [30.0, 30.0, 20.0]


def test_numbers(tmp_path):
    write_course(tmp_path, HISTORY, "a title")
    rows = [json.loads(line) for line in (tmp_path / NUMBERS).read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == [0, 10, 20]
    assert [row["best"] for row in rows] == [True, True, False]
    assert rows[1]["scores"] == {"core_f": 0.6, "value_f": 0.9, "full_f": 0.3, "speed": 1e4}
    assert rows[1]["score"] == 0.6


def test_picture(tmp_path):
    write_course(tmp_path, HISTORY, "a title")
    words = " ".join(ET.fromstring((tmp_path / PLOT).read_bytes()).itertext())
    for told in ("a title", "core F1", "value found F1", "ner", "best: step 10", "updates (6 epochs)"):
        assert told in words
    assert "tok2vec" not in words  # no loss of its own


def test_one_course_gives_one_picture(tmp_path):
    pictures = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_course(tmp_path / name, HISTORY, "a title")
        pictures.append((tmp_path / name / PLOT).read_bytes())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("history", [HISTORY[:1], [evaluation(0, 0.0, True, 0.0)]], ids=["one", "no loss"])
def test_a_short_course(tmp_path, history):
    write_course(tmp_path, history, "")
    assert (tmp_path / PLOT).stat().st_size > 1000

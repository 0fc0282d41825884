"""`make card KIND=experiment`: groups, organism and pairs where the data say so, questions elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(PROJECT / "tools"))

from propose_card import main  # noqa: E402

from irf7bone.acquire.sources import acquire  # noqa: E402
from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.experiments.harmonise import harmonise_experiment  # noqa: E402
from irf7bone.study.experiment_checks import load_experiment  # noqa: E402
from irf7bone.study.questions import MARK  # noqa: E402

MOUSE = ["Irf7", "Stat1", "Mx1", "Isg15", "Oas1a", "Trp53", "Egfr", "Gata3", "Esr1", "Krt5", "Rigi", "Pgr"]


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """The current folder, with counts of four pairs of mice and a lymph node."""
    monkeypatch.chdir(tmp_path)
    samples = [f"S{number}" for number in range(9)]
    rng = np.random.default_rng(4)
    pd.DataFrame(rng.poisson(300, (12, 9)), MOUSE, samples).to_csv("counts.csv", index_label="gene")
    described = {
        "tissue": ["primary tumour"] * 4 + ["bone metastasis"] * 4 + ["lymph node"],
        "animal": ["m1", "m2", "m3", "m4"] * 2 + ["m9"],
        "plate": list("121212121"),
    }
    pd.DataFrame(described, samples).to_csv("samples.csv", index_label="sample")
    return tmp_path


def propose(*more: str) -> dict:
    arguments = ["--from", "counts.csv", "--clinical", "samples.csv", "--experiment", "--out", "mine.yaml"]
    assert main([*arguments, *more]) == 0
    return yaml.safe_load(Path("mine.yaml").read_text(encoding="utf-8"))


def test_a_proposed_card_runs_once_its_questions_are_answered(here, symbols):
    card = propose()
    assert (card["organism"], card["expression"]["gene_id"]) == ("mouse", "symbol")
    assert card["expression"]["genes_in"] == "rows"
    assert card["groups"]["from"] == "tissue"
    assert card["groups"]["map"]["primary tumour"] == "primary"
    assert card["groups"]["map"]["bone metastasis"] == "bone"
    assert card["groups"]["map"]["lymph node"].startswith(MARK)
    assert "animal" in card["pairs"]["from"] and "plate" not in card["pairs"]["from"]
    with pytest.raises(InputError) as caught:
        load_experiment("mine.yaml")
    assert all("open question" in problem.found for problem in caught.value.problems)
    card |= {"title": "Mice", "citation": {"text": "made up"}, "documentation": "this test"}
    card["expression"]["scale"] = "counts"
    card["groups"]["map"]["lymph node"] = None
    card["pairs"]["from"] = "animal"
    card["contrasts"][0]["paired"] = True
    Path("mine.yaml").write_text(yaml.safe_dump(card), encoding="utf-8")
    read = load_experiment("mine.yaml")
    made = harmonise_experiment(acquire(read), read, symbols).adata
    assert made.obs["group"].value_counts().to_dict() == {"primary": 4, "bone": 4}
    assert made.obs["pair"].nunique() == 4


def test_groups_that_no_column_names_are_asked(here):
    described = pd.read_csv("samples.csv", index_col=0).assign(tissue=list("AAAABBBBC"))
    described.to_csv("samples.csv", index_label="sample")
    card = propose()
    assert card["groups"]["from"].startswith(MARK) and "tissue" in card["groups"]["from"]
    assert "pairs" not in card and card["contrasts"][0]["meaning"].startswith(MARK)

"""A study that reports without the cohorts that fail: what is planned then, and what is said of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml

from .conftest import PROJECT, write_table_cohort
from .test_elsewhere import STUDY


def make_report(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the study of a folder there, as make does."""
    call = [
        sys.executable,
        PROJECT / "tools/make_report.py",
        "--snakefile",
        PROJECT / "Snakefile",
        "--cores",
        "2",
    ]
    call += [*arguments, "--directory", folder / "run", "--configfile", folder / "study.yaml"]
    environment = os.environ | {"GIT_DIR": os.devnull}
    return subprocess.run(call, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def study(tmp_path) -> Path:
    """A study of a sound cohort and one whose clinical table lacks a column of its card."""
    for identity, seed in (("sound", 1), ("broken", 2)):
        write_table_cohort(tmp_path / "cards", identity, seed=seed, patients=60)
    table = tmp_path / "cards/broken.clinical.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("in_bone", "in_liver"), encoding="utf-8")
    content = STUDY | {"cohorts": ["cards/sound.yaml", "cards/broken.yaml"], "missing": "report"}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return tmp_path


def test_a_study_is_reported_without_a_cohort_that_failed(study):
    done = make_report(study, "results/report/index.html")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "irf7bone: broken failed and is left out (harmonise_cohort: 1 problem" in done.stderr
    results = study / "run/results"
    rows = pd.read_csv(results / "tables/associations.tsv", sep="\t").set_index("cohort")
    assert (rows.loc["broken", "status"] == "failed").all()
    assert rows.loc["broken", "reason"].str.startswith("harmonise_cohort: 1 problem").all()
    assert len(rows.loc["broken"]) == len(rows.loc["sound"]) == 2 * 2
    verdict = pd.read_csv(results / "tables/verdict.tsv", sep="\t").iloc[0]
    assert (verdict["verdict"], verdict["rule"], verdict["k"]) == ("withheld", "cohorts_failed", 1)
    assert "cohorts_failed" in verdict["hard"].split(",")
    provenance = json.loads((results / "provenance.json").read_text(encoding="utf-8"))
    assert list(provenance["failed"]) == ["broken"] and list(provenance["cohorts"]) == ["sound"]
    assert str(study) not in json.dumps(provenance)
    page = re.sub(r"<[^>]*>", "", (results / "report/index.html").read_text(encoding="utf-8"))
    assert "1 of 2 cohorts, not in these results: broken (harmonise_cohort" in page

    # mended, the same command has it again
    table = study / "cards/broken.clinical.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("in_liver", "in_bone"), encoding="utf-8")
    planned = make_report(study, "--dry-run", "results/report/index.html")
    assert planned.returncode == 0 and re.search(r"harmonise_cohort +1", planned.stdout), planned.stderr


def test_a_study_that_stops_does_no_more_than_it_did(study):
    text = (study / "study.yaml").read_text(encoding="utf-8").replace("missing: report", "missing: stop")
    (study / "study.yaml").write_text(text, encoding="utf-8")
    done = make_report(study, "results/cohorts/broken.h5ad")
    assert done.returncode == 1 and "in_bone" in done.stderr and "left out" not in done.stderr

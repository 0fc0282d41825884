"""The list of tables: light to import, complete, and the same as what the workflow plans and the docs say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from irf7bone.tables.register import (
    DERIVED,
    NULLS,
    OF_CELLS,
    OF_COHORT,
    OF_EXPERIMENT,
    OVER_COHORTS,
    REGISTER,
    paths_in,
    table_at,
)

PROJECT = Path(__file__).resolve().parents[3]


def test_the_list_is_read_without_numpy_or_pandas():
    code = "import irf7bone.tables.register, sys; print([m for m in ('numpy', 'pandas') if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PROJECT / "workflow/scripts",
    )
    assert done.stdout.strip() == "[]"


def test_every_table_that_a_rule_writes_is_registered_and_the_other_way_round():
    rules = "\n".join(path.read_text() for path in sorted((PROJECT / "workflow/rules").glob("*.smk")))
    outputs = "\n".join(re.findall(r"^    output:\n(.*?)^    (?=log)", rules, re.DOTALL | re.MULTILINE))
    written = set(re.findall(r'"(results/[^"]+\.(?:tsv|parquet|tsv\.gz))"', outputs))
    assert len(written) > 30
    # what a source holds and what was fetched has the form of its source and of a lock
    apart = {path for path in written if path.startswith(("results/acquired/", "results/downloads/"))}
    planned = {*paths_in(OF_EXPERIMENT), *paths_in(OF_CELLS)}
    assert written - apart | planned == set(REGISTER)


def test_ids_are_told_from_endings():
    assert table_at("results/associations/gse1.tsv") is REGISTER["results/associations/{cohort}.tsv"]
    assert (
        table_at("results/associations/gse1.curves.tsv")
        is REGISTER["results/associations/{cohort}.curves.tsv"]
    )
    with pytest.raises(KeyError, match="no table"):
        table_at("results/associations/gse1.other.tsv")


def test_tables_that_not_every_run_has_and_copies_are_apart():
    assert DERIVED not in paths_in(OF_EXPERIMENT) and NULLS not in paths_in(OVER_COHORTS)
    assert OF_COHORT + "null.tsv" in paths_in(OF_COHORT)
    assert not {path for path in paths_in(OVER_COHORTS) if "{" in path}


def test_the_docs_name_every_table():
    told = re.findall(
        r"^### `(.+)`$", (PROJECT / "docs/user/outputs.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert told == list(REGISTER), "python tools/document_outputs.py writes them"

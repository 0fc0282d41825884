"""A run whose results lie in a store and not in a folder that jobs share: the bytes of a plain run."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import yaml

from .conftest import snakemake, write_table_cohort
from .test_elsewhere import STUDY, TARGETS, jobs, made

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("rsync"), reason="rsync, which the plugin calls, is not installed"),
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_storage_plugin_fs") is None,
        reason="snakemake-storage-plugin-fs is not installed",
    ),
]
# all that Snakemake can share but inputs and outputs
SHARED = ("persistence", "software-deployment", "sources", "source-cache")


def test_one_cohort_through_a_store_ends_with_the_bytes_of_a_plain_run(tmp_path):
    for name in ("plain", "stored"):
        write_table_cohort(tmp_path / name / "cards", "tiny_a", seed=1, patients=60)
        (tmp_path / name / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    plain = snakemake(tmp_path / "plain", *TARGETS, "--configfile", "study.yaml")
    assert plain.code == 0, plain.text
    store = tmp_path / "store"
    through = ("--default-storage-provider", "fs", "--default-storage-prefix", str(store))
    call = (*TARGETS, *through, "--shared-fs-usage", *SHARED, "--configfile", "study.yaml")
    run = snakemake(tmp_path / "stored", *call)
    assert run.code == 0, run.text
    assert made(store) == made(tmp_path / "plain")
    assert not Path(tmp_path, "stored/results").exists()
    again = snakemake(tmp_path / "stored", "--dry-run", *call)
    assert again.code == 0 and jobs(again.text) == {}, again.text

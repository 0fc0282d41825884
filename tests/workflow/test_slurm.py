"""The Slurm profile in a real Slurm of one node, where one can be started: submissions and the same bytes."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import gettempdir

import pytest
import yaml

from .conftest import PROJECT, write_table_cohort
from .test_elsewhere import STUDY, TARGETS, made

NEEDED = ("slurmctld", "slurmd", "munged", "sbatch")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.getuid() != 0, reason="a Slurm of one's own needs root"),
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)), reason="Debian's slurm-wlm and munge are not installed"
    ),
    pytest.mark.skipif(
        importlib.util.find_spec("snakemake_executor_plugin_slurm") is None,
        reason="snakemake-executor-plugin-slurm is not installed",
    ),
]
QUICKLY = (
    "--seconds-between-status-checks",
    "2",
    "--slurm-init-seconds-before-status-checks",
    "2",
    "--latency-wait",
    "5",
)


def run_study(folder: Path, *call: str) -> subprocess.CompletedProcess[str]:
    """Run the study that lies in a folder there, with what stands before Snakemake's own words."""
    words = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        PROJECT / "Snakefile",
        "--directory",
        folder,
        *TARGETS,
    ]
    where, options = call[: call.index("--")], call[call.index("--") + 1 :]
    words = [*where, *words, *options, "--configfile", folder / "study.yaml"]
    return subprocess.run(
        words, capture_output=True, text=True, check=False, env=os.environ | {"GIT_DIR": os.devnull}
    )


def test_a_cohort_is_two_submissions_and_ends_with_the_bytes_of_a_plain_run(tmp_path):
    for name in ("here", "there"):
        write_table_cohort(tmp_path / name / "cards", "tiny_a", seed=1, patients=60)
        (tmp_path / name / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    plain = run_study(tmp_path / "here", "--", "--cores", "2", "--scheduler", "greedy")
    assert plain.returncode == 0, plain.stderr
    before = set(Path(gettempdir()).glob("slurm.*"))
    profile = ("--workflow-profile", str(PROJECT / "workflow/profiles/slurm"), *QUICKLY)
    here = () if "SLURM_CONF" in os.environ else ("sh", str(PROJECT / "tools/with_slurm.sh"))
    done = run_study(tmp_path / "there", *here, "--", *profile)
    assert done.returncode == 0, done.stdout + done.stderr
    said = done.stdout + done.stderr
    # up to harmonise, the agreement of signatures, and from the scores on
    assert len(set(re.findall(r"submitted with SLURM jobid (\d+)", said))) == 3, said
    assert made(tmp_path / "there") == made(tmp_path / "here")
    assert set(Path(gettempdir()).glob("slurm.*")) <= before, "nothing is left behind"


def test_a_job_that_was_killed_for_memory_is_tried_again_with_twice_as_much(tmp_path):
    write_table_cohort(tmp_path / "cards", "tiny_a", seed=1, patients=60)
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(STUDY), encoding="utf-8")
    profile = ("--workflow-profile", str(PROJECT / "workflow/profiles/slurm"), *QUICKLY)
    here = () if "SLURM_CONF" in os.environ else ("sh", str(PROJECT / "tools/with_slurm.sh"))
    little = ("--set-resources", "acquire_cohort:mem_mb=120*attempt", "--until", "acquire_cohort")
    done = run_study(tmp_path, *here, "--", *profile, *little)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert len(set(re.findall(r"submitted with SLURM jobid (\d+)", said))) >= 2, said
    assert "Trying to restart job" in said
    assert (tmp_path / "results/acquired/tiny_a/source.json").is_file()

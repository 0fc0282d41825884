"""envs/conda.Dockerfile is what `snakemake --containerize` says of this workflow."""

from __future__ import annotations

import os
import subprocess
import sys

from .conftest import PROJECT

# Snakemake asks conda who it is before it reads the environment's file; what it prints is made from the file
# alone.
CONDA = """#!/bin/sh
case "$*" in
"--version") echo "conda 24.11.3" ;;
"info --json") echo '{"conda_prefix": "/opt/conda", "platform": "linux-64"}' ;;
"config --get channel_priority --json") echo '{"get": {"channel_priority": "strict"}}' ;;
*) echo "conda $*: not foreseen" >&2; exit 1 ;;
esac
"""


def test_the_dockerfile_of_the_conda_environment_is_current(tmp_path):
    (tmp_path / "conda").write_text(CONDA, encoding="utf-8")
    (tmp_path / "conda").chmod(0o755)
    asked = ["--snakefile", PROJECT / "Snakefile", "--directory", tmp_path, "--cores", "1", "--containerize"]
    done = subprocess.run(
        [sys.executable, "-m", "snakemake", *asked],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    # sources are named from the folder that Snakemake runs in
    said = done.stdout.replace(f"{os.path.relpath(PROJECT, tmp_path)}/", "")
    assert said == (PROJECT / "envs/conda.Dockerfile").read_text(encoding="utf-8")
    assert "COPY envs/irf7bone.yaml /conda-envs/" in said

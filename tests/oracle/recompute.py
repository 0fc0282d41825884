"""Is R there? Run its script and compare what it writes with the stored tables."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
import pytest

HERE = Path(__file__).resolve().parent
STORED = HERE.parent / "data" / "oracle"
# How a script ends that finds one of its packages in a version whose calls are others.
OTHER_VERSION = 3
# How R ends before the script where it lacks one of them.
LACKING = 4


def loaded_packages(code: str) -> list[str]:
    """Packages that R code loads or calls by name, sorted."""
    return sorted({one or other for one, other in re.findall(r"library\(([\w.]+)\)|([\w.]+)::", code)})


def run_r(script: str, *arguments: object, cwd: Path | None = None) -> str:
    """Run R; skip the test where R or a package that the code loads is not installed.

    Args:
        script: A file of this folder, or of ``cwd`` where that is given, or R code with a line feed in it.
        arguments: Of the script.
        cwd: Folder to run in.

    Returns:
        What it printed.
    """
    rscript = shutil.which("Rscript")
    if rscript is None:
        pytest.skip("R is not installed: the stored tables stand in (make oracles installs R)")
    path = (cwd or HERE) / script
    inline = "\n" in script
    needs = loaded_packages(script if inline else path.read_text(encoding="utf-8"))
    wanted = ", ".join(f"'{name}'" for name in needs)
    # asked in the same R, since loading them takes longer than most scripts
    probe = f"if (!all(vapply(c({wanted}), requireNamespace, TRUE, quietly = TRUE))) quit(status = {LACKING})"
    what = script if inline else f"source({json.dumps(str(path))})"
    call = [rscript, *(("-e", probe) if needs else ()), "-e", what, *map(str, arguments)]
    done = subprocess.run(call, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode == LACKING:
        pytest.skip(f"R lacks one of {', '.join(needs)}: the stored tables stand in")
    if done.returncode == OTHER_VERSION:
        pytest.skip(f"R has another version of one of {', '.join(needs)}: the stored tables stand in")
    assert done.returncode == 0, done.stderr
    return done.stdout


def read_table(path: Path) -> pd.DataFrame:
    """A table that R wrote; its first lines name the versions and the call."""
    return pd.read_csv(path, sep="\t", comment="#")


def compare_tables(
    folder: Path,
    names: Iterable[str],
    *,
    read: Callable[[Path], pd.DataFrame] = read_table,
    **tolerance: float | bool,
) -> None:
    """Hold tables of a folder against the stored ones of the same names, as ``assert_frame_equal`` does."""
    for name in names:
        pd.testing.assert_frame_equal(read(folder / name), read(STORED / name), **tolerance)

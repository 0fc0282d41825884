"""The benchmark table: each case against the first of its task, and its word where it could not be run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[3]
TOOLS = PROJECT / "tools"


@pytest.fixture
def measure(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))
    from bench import measure

    return measure


def test_ratio_and_difference_are_against_the_first_of_the_task(measure):
    ours = {
        "status": "ok",
        "reason": None,
        "seconds": [2.0, 1.0, 3.0],
        "values": np.array([1.0, np.nan, 3.0]),
    }
    peer = {"status": "ok", "reason": "scaled", "seconds": [40.0], "values": np.array([1.5, 9.0, np.nan])}
    gone = {"status": "not_available", "reason": "R is not installed"}
    for case in (ours, peer):
        case |= {"version": "1", "peak_mb": 100.0}
    names = [("a", "ours"), ("a", "peer"), ("a", "R"), ("b", "ours")]
    table = measure.compare(names, [ours, peer, gone, peer])
    assert list(table) == measure.COLUMNS
    assert table["seconds"].tolist()[:2] == [2.0, 40.0]
    assert table["ratio"].tolist()[:2] == [1.0, 20.0]
    assert table["max_abs_difference"].tolist()[:2] == [0.0, 0.5]
    assert table.loc[2, ["status", "reason"]].tolist() == ["not_available", "R is not installed"]
    assert table.loc[2, ["seconds", "ratio", "n_repeats"]].isna().all()
    assert table.loc[3, "ratio"] == 1.0, "another task has another first"


def test_a_long_run_is_not_repeated(measure, monkeypatch):
    clock = iter([0.0, 1.0, 1.0, 3.0, 3.0, 6.0, 0.0, 50.0])
    monkeypatch.setattr(measure.time, "process_time", lambda: next(clock))
    monkeypatch.setattr(measure, "REPEATS", 2)
    assert measure.timed(lambda: "values") == ([2.0, 3.0], "values"), "the first run is a warm-up"
    assert measure.timed(lambda: "values") == ([50.0], "values")


def test_each_case_has_a_process_of_its_own(tmp_path):
    """A topic of three cases: one runs, one cannot be run here, one fails."""
    folder = tmp_path / "bench"
    folder.mkdir()
    for name in ("__init__", "measure", "child"):
        (folder / f"{name}.py").write_text((TOOLS / "bench" / f"{name}.py").read_text(encoding="utf-8"))
    (folder / "made.py").write_text(
        "import numpy as np\n"
        "from bench.measure import Case, NotAvailable, Timed, timed\n"
        "def absent():\n    raise NotAvailable('no such program')\n"
        "def broken():\n    raise ValueError('broken for once')\n"
        "CASES = [Case('sum', 'ours', 'numpy', lambda: Timed(*timed(lambda: np.arange(3.0)))),\n"
        "         Case('sum', 'absent', '', absent), Case('sum', 'broken', '', broken)]\n"
    )
    call = "from bench.measure import measure; measure('made').to_csv('made.tsv', sep='\\t', index=False)"
    subprocess.run([sys.executable, "-c", call], cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, check=True)
    table = pd.read_csv(tmp_path / "made.tsv", sep="\t")
    assert table["status"].tolist() == ["ok", "not_available", "failed"]
    assert table["reason"].tolist()[1:] == ["no such program", "ValueError: broken for once"]
    assert table.loc[0, "version"] == np.__version__
    assert table.loc[0, "peak_mb"] > 10


@pytest.mark.parametrize("topic", ["scores", "null", "cox", "geo"])
def test_every_task_starts_with_ours(measure, topic):
    from importlib import import_module

    cases = import_module(f"bench.{topic}").CASES
    firsts = {}
    for case in cases:
        firsts.setdefault(case.task, case.implementation)
    assert set(firsts.values()) == {"irf7bone"}
    assert len({(case.task, case.implementation) for case in cases}) == len(cases)

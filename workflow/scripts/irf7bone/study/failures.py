"""Which cohorts a run could not do, for a study that says `missing: report`.

A job of a cohort leaves a file while it is not done. What is left when the run has ended failed or was
killed; the cohorts of these jobs are written down, and the next plan is made without them.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from irf7bone.base.whole_file import whole_file

OPEN = Path(".snakemake/irf7bone/open")
LEFT_OUT = Path(".snakemake/irf7bone/left_out.json")
LONGEST = 300  # characters of a reason
FOLDERS = re.compile(r"(?<!\S)/(?:[^\s/]+/)+")  # of a path: no result names the machine
KILLED = "it was killed, most often because memory ran out"


def open_job(rule: str, wildcards: Mapping[str, Any], log: str | Path) -> Path | None:
    """Note that a job of a cohort begins; to be removed when it has gone well.

    Args:
        rule: Its rule.
        wildcards: Its wildcards; without ``cohort`` nothing is noted.
        log: Its log, which says why it failed.

    Returns:
        The note; None where there is none.
    """
    cohort = wildcards.get("cohort")
    if cohort is None:
        return None
    path = OPEN / rule / f"{cohort}.json"
    try:
        with whole_file(path) as partial:
            partial.write_text(json.dumps({"cohort": cohort, "rule": rule, "log": str(log)}), "utf-8")
    except OSError:  # nothing can be written here: the job itself will say so
        return None
    return path


def forget(folder: Path) -> None:
    """Try every cohort again: called before a run, while nobody else runs in the folder."""
    shutil.rmtree(folder / OPEN, ignore_errors=True)
    (folder / LEFT_OUT).unlink(missing_ok=True)


def leave_out(folder: Path) -> dict[str, str]:
    """Write down which cohorts' jobs did not go well in the run that has just ended.

    Args:
        folder: The folder that the workflow ran in.

    Returns:
        Those that are new, each with the rule and why; empty where another plan would be the same.
    """
    known = cohorts_left_out(folder)
    found: dict[str, str] = {}
    for path in sorted((folder / OPEN).rglob("*.json")):
        job = json.loads(path.read_text(encoding="utf-8"))
        if job["cohort"] not in known:
            why = _why(folder / job["log"])
            found.setdefault(job["cohort"], f"{job['rule']}: {why}")
    if found:
        with whole_file(folder / LEFT_OUT) as partial:
            partial.write_text(json.dumps(known | found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return found


def cohorts_left_out(folder: Path = Path()) -> dict[str, str]:
    """Cohort -> rule and reason, of those that the plan is made without."""
    path = folder / LEFT_OUT
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _why(log: Path) -> str:
    """What a job said in the end: the message of a refused input, the last line of a defect's trace."""
    text = log.read_text(encoding="utf-8", errors="replace").strip() if log.is_file() else ""
    if not text:
        return KILLED
    if text.startswith("Traceback"):
        text = text.splitlines()[-1]
    said = " ".join(FOLDERS.sub("", text).split())
    return said if len(said) <= LONGEST else f"{said[:LONGEST]}..."

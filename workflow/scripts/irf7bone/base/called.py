"""Where the project lies, and how its commands are called: by make in a clone, by name where it is installed.

Apart from `study/places.py`, so that a job whose messages name a command hangs on nothing else of it.
"""

from __future__ import annotations

from pathlib import Path

PROJECT = Path(__file__).resolve().parents[4]  # the folder that holds workflow/ and data/
INSTALLED = "irf7bone_workflow"  # the project's folder in a wheel, as pyproject.toml calls it


def call_of(name: str, study: str | Path = "", *, cohort: str = "", results: str = "") -> str:
    """What to type for a command: `make check STUDY=mine.yaml`, or `irf7bone check mine.yaml` if installed.

    Args:
        name: As the installed command calls it: run, check, card, lock, verify, compare or crate.
        study: The study's file, or what stands in its place.
        cohort: One of its cohorts.
        results: A folder of results.
    """
    if PROJECT.name == INSTALLED:
        given = [str(study), f"--cohort {cohort}" if cohort else "", results]
        return " ".join(["irf7bone", name, *filter(None, given)])
    named = {"STUDY": study, "COHORT": cohort, "RESULTS": results}
    words = [f"{variable}={value}" for variable, value in named.items() if value]
    return " ".join(["make", "report" if name == "run" else name, *words])

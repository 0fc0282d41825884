"""What each job made of what: the checksums of its inputs and outputs, written beside the results.

``results/records/<rule>[/<wildcards>].json`` holds no time and no path of the machine: inputs are those that
other jobs made. A record travels with the results, so that whoever gets them can see whether they are as they
were made. It guards against accidents; somebody who edits a table can edit its record as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from irf7bone.base.checksums import Checksums
from irf7bone.base.whole_file import whole_file

RESULTS = "results"
RECORDS = f"{RESULTS}/records"
LOGS = f"{RESULTS}/logs"
MEMORY = Path(".snakemake/irf7bone/checksums.jsonl")


class Record(NamedTuple):
    """A job that went well.

    Args:
        inputs: Path below ``results/`` -> sha256 when the job began; files and folders that other jobs made.
        outputs: The same of what it made, when it had ended.
        fetched: The same of what it laid into the shared folder of downloads, seen from there.
    """

    inputs: Mapping[str, str | None]
    outputs: Mapping[str, str | None]
    fetched: Mapping[str, str] = {}

    def write(self, path: Path) -> None:
        """Write it whole or not at all."""
        with whole_file(path) as partial:
            partial.write_text(json.dumps(self._asdict(), indent=1, ensure_ascii=False) + "\n", "utf-8")


def is_result(path: str | Path, folder: Path = Path()) -> bool:
    """Whether a job made what lies there.

    Args:
        path: Seen from the folder that the workflow runs in.
        folder: That with ``results/`` in it, likewise.
    """
    below = _below(folder)  # text is compared: a plan asks of every file of every job
    return f"{path}/".startswith(below)


@cache
def _below(folder: Path) -> str:
    return f"{(folder / RESULTS).as_posix()}/"


def record_path(rule: str, wildcards: Iterable[str]) -> Path:
    """Where a job's record lies."""
    return Path(RECORDS, *((rule, *wildcards))).with_suffix(".json")


def read_records(folder: Path = Path(), *, below: str = RECORDS) -> dict[Path, Record]:
    """Every record of a run, by its path; what is no record any more is left out.

    Args:
        folder: The folder that the workflow runs in.
        below: Where in it the records lie.
    """
    found = {}
    for path in sorted((folder / below).rglob("*.json")):
        try:
            found[path] = Record(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):  # being written by another job, or damaged
            continue
    return found


def made(records: Iterable[Record]) -> dict[str, str | None]:
    """Path -> sha256 as its job made it."""
    return {path: sha256 for record in records for path, sha256 in record.outputs.items()}


def differing(record: Record, checksums: Checksums, folder: Path = Path()) -> list[str]:
    """Outputs of a job that are not as it made them, missing ones among them."""
    return [path for path, sha256 in record.outputs.items() if checksums.of(folder / path) != sha256]

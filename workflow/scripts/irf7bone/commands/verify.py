"""Whether a folder of results is as it was made, by the records that lie in it."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from irf7bone.base.called import call_of
from irf7bone.base.checksums import Checksums, files_in
from irf7bone.base.errors import InputError, Problem
from irf7bone.study.records import LOGS, RECORDS, RESULTS, made, read_records

KINDS = {
    "changed": "is not as its job made it",
    "missing": "is gone",
    "unrecorded": "was made by no job",
    "outdated": "was made from another content of {source} than lies here",
    "unlisted": "has another checksum in provenance.json",
}


class NotAsMade(NamedTuple):
    """One thing that is not as it was made.

    Args:
        path: The file or folder, below ``results/``.
        kind: One of :data:`KINDS`.
        source: For ``outdated``, what it was made from.
    """

    path: str
    kind: str
    source: str = ""

    def __str__(self) -> str:
        return f"{self.path} {KINDS[self.kind].format(source=self.source)}"


class Verified(NamedTuple):
    """What :func:`verify_results` found.

    Args:
        findings: What is not as it was made.
        n_files: Files that were looked at.
    """

    findings: list[NotAsMade]
    n_files: int


def verify_results(folder: str | Path) -> Verified:
    """Hold every file of a run against its job's record, and against provenance.json.

    Args:
        folder: A folder of results, under whatever name, or the folder that a study ran in.

    Raises:
        InputError: There are no records in it.
    """
    results = _results(Path(folder))
    records = read_records(results, below=RECORDS.removeprefix(f"{RESULTS}/"))
    if not records:
        raise InputError(
            Problem(
                str(folder),
                expected=f"a folder of results with {RECORDS} in it",
                found="no records",
                remedy=f"name the folder that a run wrote, whole: {call_of('verify', results='...')}",
            )
        )
    checksums, as_made = Checksums(), made(records.values())
    findings = []
    for path, sha256 in as_made.items():
        found = checksums.of(results / PurePosixPath(path).relative_to(RESULTS))
        if found != sha256:
            findings.append(NotAsMade(path, "missing" if found is None else "changed"))
    for record in records.values():
        for source, sha256 in record.inputs.items():
            if as_made.get(source) != sha256:
                findings += [NotAsMade(path, "outdated", source) for path in record.outputs]
    files = {f"{RESULTS}/{path.relative_to(results).as_posix()}": path for path in files_in(results)}
    files = {path: file for path, file in files.items() if not path.startswith((f"{RECORDS}/", f"{LOGS}/"))}
    for path in files:
        if not any(str(place) in as_made for place in (PurePosixPath(path), *PurePosixPath(path).parents)):
            findings.append(NotAsMade(path, "unrecorded"))
    for path, sha256 in _listed(results / "provenance.json").items():
        if path in files and checksums.of(files[path]) != sha256:
            findings.append(NotAsMade(path, "unlisted"))
    return Verified(findings, len(files))


def _results(folder: Path) -> Path:
    below = folder / RESULTS
    return below if below.is_dir() else folder


def _listed(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["results"])
    except (OSError, ValueError, KeyError, TypeError):  # changed or gone: found by its own record
        return {}

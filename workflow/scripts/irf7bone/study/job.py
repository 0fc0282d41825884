"""What every script begins with: plain messages, inputs that are as they were made, a record at the end."""

from __future__ import annotations

import atexit
import os
import sys
import time
from pathlib import PurePath
from typing import Any

from irf7bone.base.checksums import Checksums
from irf7bone.base.errors import Problems, report_plainly
from irf7bone.study.failures import open_job
from irf7bone.study.job_costs import note_costs
from irf7bone.study.job_marks import mark
from irf7bone.study.records import LOGS, MEMORY, Record, is_result, made, read_records, record_path
from irf7bone.study.run_lock import note_job

LATENCY = 60  # seconds that a shared file system may take to show what another node has written


def begin(snakemake: Any) -> dict[str, str]:
    """Begin a job: refuse inputs that are not as their jobs made them, and record the outputs once it ends.

    Args:
        snakemake: What Snakemake gives to a script. Where another workflow has the results of this one below
            a folder of its own (``prefix:``), the job goes there and its paths are seen from there.

    Returns:
        For a script that fetches to fill: ``<folder>/<name>`` below the downloads -> sha256.

    Raises:
        InputError: An input was changed since it was made, or since the run was planned.
    """
    _give_all_inputs(snakemake)
    _go_to_the_results(snakemake)
    failed, fetched = report_plainly(snakemake.log[0]), dict[str, str]()
    atexit.register(note_costs, snakemake.log[0])  # first here, so the last thing that is done
    note_job()
    wildcards = [str(value) for _, value in snakemake.wildcards.items()]
    mark(" ".join((snakemake.rule, *wildcards)), needs_mb=int(getattr(snakemake.resources, "mem_mb", 0)))
    opened = open_job(snakemake.rule, dict(snakemake.wildcards.items()), snakemake.log[0])
    path = record_path(snakemake.rule, wildcards)
    path.unlink(missing_ok=True)
    checksums = Checksums(MEMORY)
    inputs = {str(file): checksums.of(file) for file in snakemake.input if is_result(file)}
    _refuse_changed(inputs, checksums)
    _refuse_replaced(snakemake, checksums)

    def record() -> None:
        if failed.is_set:
            return
        try:
            outputs = {str(file): Checksums(MEMORY).of(file) for file in snakemake.output}
            Record(inputs, outputs, fetched).write(path)
            if opened is not None:
                opened.unlink(missing_ok=True)
        except OSError as error:
            sys.stderr.write(f"{path}: the record of what was made could not be written: {error.strerror}\n")
            os._exit(1)  # an exception here would not change how the job ends

    atexit.register(record)
    return fetched


def _give_all_inputs(snakemake: Any) -> None:
    """Put every input of a job where its script looks for it: the plan has one of each earlier job."""
    reads = getattr(snakemake.params, "reads", None)
    if reads is None:
        return
    given = type(snakemake.input)()
    for name, item in reads:
        start, several = len(given), not isinstance(item, str)
        given.extend(item if several else [item])
        if name:
            given._set_name(name, start, end=len(given) if several else None)
    snakemake.input = given


def _go_to_the_results(snakemake: Any) -> None:
    """Work in the folder that holds ``results/``, so that a job reads and writes alike wherever it is."""
    folder = str(snakemake.log[0]).rpartition(f"{LOGS}/")[0]
    if not folder:
        return

    def seen_from_there(path: str) -> str:
        return str(PurePath(path).relative_to(folder)) if PurePath(path).is_relative_to(folder) else path

    for name in ("input", "output", "log"):
        paths = getattr(snakemake, name)
        setattr(snakemake, name, type(paths)(toclone=paths, custom_map=seen_from_there))
    os.chdir(folder)


def _refuse_changed(inputs: dict[str, str | None], checksums: Checksums) -> None:
    made_so = made(read_records().values())
    problems = Problems()
    for path in inputs:
        if inputs[path] is None and made_so.get(path) is not None:
            inputs[path] = _once_there(path, checksums)
    for path, sha256 in inputs.items():
        if path in made_so and made_so[path] != sha256:
            problems.add(
                path,
                expected=f"the result as its job made it: sha256 {made_so[path]}",
                found=f"sha256 {sha256}" if sha256 else "nothing that can be read",
                remedy="it was changed while the run went on; start again, which makes it anew",
            )
    problems.raise_if_any()


def _once_there(path: str, checksums: Checksums) -> str | None:
    """The checksum of a result that was made and is not seen yet: Snakemake waits for one file of a job."""
    until = time.monotonic() + LATENCY
    while (sha256 := checksums.of(path)) is None and time.monotonic() < until:
        time.sleep(0.5)
    return sha256


def _refuse_replaced(snakemake: Any, checksums: Checksums) -> None:
    planned = getattr(snakemake.params, "content", None)
    if planned is None:
        return
    problems = Problems()
    files = [file for file in snakemake.input if not is_result(file)]
    for file, before in zip(files, planned, strict=True):
        if before != checksums.of(file):
            problems.add(
                str(file),
                expected=f"the file that the run was planned with: sha256 {before}",
                found="another content",
                remedy="it was replaced while the run went on; start again, which reads the new one",
            )
    problems.raise_if_any()

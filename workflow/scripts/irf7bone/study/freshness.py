"""What of a study has to be made anew, by content: inputs that users touch, and results that were changed.

Snakemake goes by the clock, which `tar x`, `rsync -a`, `cp -p` and `touch` set at will. So the checksums of
what no job makes are a parameter of each rule, and results are held against their records.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.io import is_flagged
from snakemake.jobs import Job
from snakemake.logging import logger
from snakemake.settings.types import RerunTrigger

from irf7bone.base.checksums import Checksums
from irf7bone.study.records import (
    LOGS,
    MEMORY,
    RECORDS,
    RESULTS,
    Record,
    differing,
    is_result,
    made,
    read_records,
)
from irf7bone.study.run_lock import RunningElsewhere, hold
from irf7bone.study.thin_plan import Producers, Reads, is_shared, results_folder, thin_inputs


def decide_by_content(workflow: Any, root: Path, downloads: Path, ids: Mapping[str, Sequence[str]]) -> None:
    """Have Snakemake run a job again for what its inputs and outputs contain, not for when they were written.

    Called once, when every rule is known. Scripts' times count for nothing either: their content is part
    of each rule's code hash.

    Args:
        workflow: Snakemake's.
        root: The project's folder; rules of others are left alone.
        downloads: The folder of downloads.
        ids: Wildcard -> its values.
    """
    paths = workflow.modifier.path_modifier
    if paths.modifies_prefixes:
        raise WorkflowError("irf7bone: `replace_prefix:` is not supported; `prefix:` moves all results")
    rules = [
        rule for rule in workflow.rules if rule.script and Path(str(rule.snakefile)).is_relative_to(root)
    ]
    freshness, shared = Freshness(downloads, results_folder(rules)), is_shared(workflow)

    # Snakemake's settings and its plan are there only when the first input function is asked
    @cache
    def as_the_plan_begins() -> None:
        _leave_the_clock_aside(workflow, rules)
        _look_for_nothing_temporary(workflow)
        if workflow.is_main_process:
            if not (workflow.dryrun or workflow.touch):
                _hold_the_folder(freshness.folder if shared else Path())
            if shared:  # else results and records come and go with the jobs
                workflow.dag.forcefiles |= _to_make_anew(freshness.outdated(), rules)
            freshness.checksums.tidy()

    producers = Producers(rules, ids) if shared else None
    store = workflow.storage_settings.default_storage_prefix
    for rule in rules:
        reads = Reads(rule, freshness.folder, f"{store.rstrip('/')}/" if store else "")
        rule.set_params(content=freshness.param(reads))
        thin_inputs(rule, reads, freshness.folder, as_the_plan_begins, freshness.is_there, producers)


def _hold_the_folder(folder: Path) -> None:
    try:
        hold(folder)
    except RunningElsewhere as error:
        sys.exit(f"irf7bone: {error}")


def _leave_the_clock_aside(workflow: Any, rules: Iterable[Any]) -> None:
    """Snakemake 9.27 compares times whatever its triggers say: outputs of no known time are never too old."""
    triggers = set(workflow.dag_settings.rerun_triggers) - {RerunTrigger.MTIME, RerunTrigger.CODE}
    workflow.dag_settings = replace(workflow.dag_settings, rerun_triggers=frozenset(triggers))
    own, by_the_clock = {rule.name for rule in rules}, Job.output_mintime.fget

    async def oldest_output(job: Any) -> float | None:
        return None if job.rule.name in own else await by_the_clock(job)

    Job.output_mintime = property(oldest_output)


def _look_for_nothing_temporary(workflow: Any) -> None:
    """Spare Snakemake, where no rule has a temporary file, looking for one in all that each job reads."""
    if not any(is_flagged(output, "temp") for rule in workflow.rules for output in rule.output):
        workflow.storage_settings = replace(workflow.storage_settings, notemp=True)


def _to_make_anew(outdated: Mapping[str, list[str]], rules: Iterable[Any]) -> set[str]:
    """The outputs of this study's jobs among what is outdated; says why each is made anew."""
    produced = {path: _produced(path, rules) for path in outdated}
    for reason in sorted({reason for path, found in outdated.items() if produced[path] for reason in found}):
        logger.warning(f"{reason}: made anew, with what depends on it")
    return {path for path in produced.values() if path}


def _produced(path: str, rules: Iterable[Any]) -> str:
    """What a job of this study makes of it: the path itself, a folder that it lies in, or nothing."""
    places = [path, *(parent.as_posix() for parent in Path(path).parents)]
    return next((place for place in places if any(rule.is_producer(place) for rule in rules)), "")


class Freshness:
    """What a run knows of its files' contents while it is planned.

    Args:
        downloads: The folder of downloads, which all studies share.
        folder: The folder that holds ``results/``; records are seen from there.
    """

    def __init__(self, downloads: Path, folder: Path = Path()):
        self.downloads, self.folder = downloads, folder
        self.checksums = Checksums(folder / MEMORY)
        self._of: dict[str, str | None] = {}

    def content(self, inputs: Iterable[str]) -> tuple[str | None, ...]:
        """The checksums of those inputs that no job makes, in their order."""
        return tuple(self._sha256(str(path)) for path in inputs if not is_result(path, self.folder))

    def is_there(self, path: str) -> bool:
        """Whether a file that no job makes can be read."""
        return self._sha256(path) is not None

    def param(self, reads: Reads) -> Callable[[Any], tuple[str | None, ...]]:
        """A parameter for a rule: :meth:`content` of a job's inputs.

        It takes wildcards alone, since Snakemake compares no parameter that is derived from the inputs.
        """
        return lambda wildcards: self.content(reads.given(wildcards))

    def outdated(self) -> dict[str, list[str]]:
        """Results to make anew: path -> what is wrong with it, or with what it was made from.

        A job's outputs are made anew where one of them is not as it was made, where it read another content
        than there is now (the run ended between two jobs), and where nothing records how it was made.
        """
        records = read_records(self.folder)
        now = made(records.values())
        found: dict[str, list[str]] = {}
        for record in records.values():
            if wrong := self._wrong(record, now):
                found |= dict.fromkeys(record.outputs, wrong)
        found |= {path: [f"{path} has no record"] for path in self._files() if not _recorded(path, now)}
        return {str(self.folder / path): wrong for path, wrong in found.items()}

    def _wrong(self, record: Record, now: Mapping[str, str | None]) -> list[str]:
        changed = [
            path for path in differing(record, self.checksums, self.folder) if (self.folder / path).exists()
        ]
        if changed:
            return [f"{path} is not as it was made" for path in changed]
        gone = [path for path in record.outputs if not (self.folder / path).exists()]
        if 0 < len(gone) < len(record.outputs):  # the plan asks for one file of a job
            return [f"{path} is not there any more" for path in gone]
        files = {str(self.downloads / name): sha256 for name, sha256 in record.fetched.items()}
        replaced = [
            path for path, sha256 in files.items() if Path(path).exists() and self._sha256(path) != sha256
        ]
        if replaced:
            return [f"{path} is not as it was fetched" for path in replaced]
        return [f"{path} was made again" for path, sha256 in record.inputs.items() if now.get(path) != sha256]

    def _files(self) -> Iterable[str]:
        """Every file that lies among the results, but for logs and records."""
        for path in sorted((self.folder / RESULTS).rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not name.startswith((f"{RECORDS}/", f"{LOGS}/")):
                yield name

    def _sha256(self, path: str) -> str | None:
        if path not in self._of:
            self._of[path] = self.checksums.of(path)
        return self._of[path]


def _recorded(path: str, now: Mapping[str, str | None]) -> bool:
    """Whether a file, or a folder that it lies in, is an output that was recorded."""
    return path in now or any(parent.as_posix() in now for parent in Path(path).parents)

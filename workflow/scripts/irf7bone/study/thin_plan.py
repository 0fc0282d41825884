"""A plan with one input for each job that a job reads from, in place of every file.

What Snakemake does for an input takes a tenth of a millisecond, and a study has 200 of them a cohort, most
from the same few jobs. One file of a job orders the jobs and tells that it has run as well as all of its
files do. What users bring needs no job at all: its content is a parameter. The job itself is given every file
again (`irf7bone.study.job`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from snakemake.io import is_flagged
from snakemake.iocontainers import InputFiles, Wildcards
from snakemake.settings.types import SharedFSUsage

from irf7bone.study.records import RESULTS, is_result

Named = tuple[str | None, str | tuple[str, ...]]  # an input's name, if any, and its path or paths
WILDCARD = re.compile(r"\{(\w+)[^}]*\}")


class Files(tuple[str, ...]):
    """Paths of many jobs, as an input function: Snakemake is spared them until it asks."""

    def __call__(self, wildcards: Any) -> list[str]:
        """The paths, as Snakemake asks for them."""
        return list(self)


def one_of(names: Iterable[str]) -> str:
    """A pattern of these names alone, told letter by letter: ``a|b|c`` would be tried name by name."""
    tree: dict[str, Any] = {}
    for name in names:
        branch = tree
        for letter in name:
            branch = branch.setdefault(letter, {})
        branch[""] = {}
    return _pattern(tree) if tree else "none"


def _pattern(tree: Mapping[str, Any]) -> str:
    letters: dict[str, list[str]] = {}  # how names go on -> the letters after which they go on so
    for letter, branch in tree.items():
        if letter:
            letters.setdefault(_pattern(branch), []).append(re.escape(letter))
    # short, because Snakemake reads the pattern again for each path that it fills in
    ends = [(each[0] if len(each) == 1 else f"[{''.join(each)}]") + rest for rest, each in letters.items()]
    if not ends:
        return ""
    if len(ends) == 1 and "" not in tree:
        return ends[0]
    return f"(?:{'|'.join(ends)}){'?' if '' in tree else ''}"


def is_shared(workflow: Any) -> bool:
    """Whether jobs find results where others left them; where not, Snakemake has to fetch every one."""
    return SharedFSUsage.INPUT_OUTPUT in workflow.storage_settings.shared_fs_usage


def results_folder(rules: Iterable[Any]) -> Path:
    """The folder that holds ``results/`` as jobs see it: of a module, or a copy from a store."""
    output = next(str(output) for rule in rules for output in rule.output)
    return Path(output.partition(f"{RESULTS}/")[0])


class Producers:
    """Which job makes a file.

    Args:
        rules: All rules of the study.
        ids: Wildcard -> its values.
    """

    def __init__(self, rules: Iterable[Any], ids: Mapping[str, Sequence[str]]):
        self._of: dict[str, tuple[str, str]] = {}
        for rule in rules:
            for output in map(str, rule.output):
                found = WILDCARD.search(output)
                for value in ids[found[1]] if found else [""]:
                    self._of[concrete(output, {found[1]: value} if found else {})] = (rule.name, value)

    def one_of_each(self, paths: Iterable[str]) -> Iterator[str]:
        """The first path of each job among those that make these."""
        seen = set[object]()
        for path in paths:
            job = self._of.get(path, path)
            if job not in seen:
                seen.add(job)
                yield path


def concrete(pattern: str, wildcards: Mapping[str, str]) -> str:
    """A path with its wildcards filled in."""
    return WILDCARD.sub(lambda found: wildcards[found[1]], pattern) if wildcards else pattern


class Reads:
    """All that the jobs of a rule read, by their wildcards.

    Args:
        rule: Snakemake's, before anything is taken from it.
        folder: The folder that holds ``results/``, as inputs are written.
        prefix: What Snakemake puts before paths in a store, with a slash.
    """

    def __init__(self, rule: Any, folder: Path, prefix: str):
        self._items = [_item(name, item, folder, prefix) for name, item in rule.input._allitems()]
        self._folder = folder
        self._of: dict[tuple[str, ...], tuple[Named, ...]] = {}
        self._given: dict[tuple[str, ...], tuple[str, ...]] = {}

    def of(self, wildcards: Any) -> tuple[Named, ...]:
        """Inputs of the job with these wildcards, in the order of the rule."""
        values = dict(wildcards.items())
        key = tuple(values.values())
        if key not in self._of:
            self._of[key] = tuple((name, get(values)) for name, get in self._items)
        return self._of[key]

    def paths(self, wildcards: Any) -> Iterator[str]:
        """The same as paths alone."""
        for _, item in self.of(wildcards):
            if isinstance(item, str):
                yield item
            else:
                yield from item

    def given(self, wildcards: Any) -> tuple[str, ...]:
        """Those of the paths that no job makes."""
        key = tuple(value for _, value in wildcards.items())
        if key not in self._given:
            paths = self.paths(wildcards)
            self._given[key] = tuple(path for path in paths if not is_result(path, self._folder))
        return self._given[key]


def _item(
    name: str | None, item: Any, folder: Path, prefix: str
) -> tuple[str | None, Callable[[Mapping[str, str]], str | tuple[str, ...]]]:
    """A function of wildcards for an input of a rule."""
    if isinstance(item, Files):
        paths = tuple(_below(path, folder) for path in item)
        return name, lambda wildcards: paths
    if callable(item):
        return name, lambda wildcards: _called(item, wildcards, folder)
    if isinstance(item, str):
        text = _here(item, prefix)
        return name, lambda wildcards: concrete(text, wildcards)
    texts = tuple(_here(text, prefix) for text in item)
    if not any(map(WILDCARD.search, texts)):
        return name, lambda wildcards: texts
    return name, lambda wildcards: tuple(concrete(text, wildcards) for text in texts)


def _called(
    function: Callable[[Any], Any], wildcards: Mapping[str, str], folder: Path
) -> str | tuple[str, ...]:
    found = function(Wildcards(fromdict=dict(wildcards)))
    if isinstance(found, str | Path):
        return _below(str(found), folder)
    return tuple(_below(str(path), folder) for path in found)


def _below(path: str, folder: Path) -> str:
    """A path as jobs see it: functions know nothing of another folder for the results."""
    return str(folder / path) if folder.parts and is_result(path) else path


def _here(item: Any, prefix: str) -> str:
    """Where a job finds an input: a result that lies in a store in Snakemake's copy, the rest where it is.

    Snakemake takes any path for one below the store's prefix (``--default-storage-prefix``).
    """
    if not is_flagged(item, "storage_object"):
        return str(item)
    path = item.storage_object.query.removeprefix(prefix)
    return str(item) if is_result(path) else path


def thin_inputs(
    rule: Any,
    reads: Reads,
    folder: Path,
    begin: Callable[[], None],
    is_there: Callable[[str], bool],
    producers: Producers | None,
) -> None:
    """Leave a rule one input for each job that its jobs read from, and what is not there.

    Args:
        rule: Snakemake's.
        reads: What its jobs read.
        folder: The folder that holds ``results/``.
        begin: What is to be done before the first of the jobs is planned.
        is_there: Whether a file that no job makes can be read; Snakemake says which cannot.
        producers: Of every file of the study; None where Snakemake has to fetch every one.
    """

    def in_the_plan(wildcards: Any) -> list[str]:
        begin()
        given = set(reads.given(wildcards))
        asked: Iterable[str] = (
            path for path in reads.paths(wildcards) if path not in given or not is_there(path)
        )
        if producers is not None:
            asked = producers.one_of_each(asked)
        # Snakemake puts them into the folder itself
        return [path.removeprefix(below) for path in asked]

    below = f"{folder.as_posix()}/" if folder.parts else ""
    rule._input = InputFiles()
    rule.set_input(in_the_plan)
    rule.set_params(reads=lambda wildcards: reads.of(wildcards))
    for function in (*rule.input, *rule.params):
        if callable(function):
            function.__signature__ = inspect.signature(function)  # or Snakemake asks Python for each job

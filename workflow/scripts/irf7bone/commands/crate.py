"""A run as a Workflow Run RO-Crate: results, settings, cards and the workflow, with who made what of what.

Keeps to Workflow Run Crate 0.5 (https://w3id.org/ro/wfrun/workflow/0.5) on RO-Crate 1.1. What single
patients are read from or scored at (``results/acquired``, ``cohorts``, ``scores``, ``cells``) stays out:
sources are named with their checksums.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from rocrate.model import ContextEntity, Dataset
from rocrate.rocrate import ROCrate

from irf7bone.base.called import call_of
from irf7bone.base.checksums import Checksums
from irf7bone.base.errors import InputError, Problem
from irf7bone.commands.costs import COSTS, PROVENANCE, read_costs
from irf7bone.commands.verify import verify_results
from irf7bone.study.records import RECORDS, RESULTS
from irf7bone.tables.register import REGISTER

RO_CRATE = "1.1"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
CONTEXT = "https://w3id.org/ro/terms/workflow-run/context"  # of sha256 and its like
LICENCE = "https://spdx.org/licenses/MIT"
PAGE = f"{RESULTS}/report/index.html"
FILES = {
    PAGE: "The report",
    f"{RESULTS}/report/report.pdf": "The report to print",
    f"{RESULTS}/report/methods.md": "Methods, to be pasted into a paper",
    f"{RESULTS}/report/references.bib": "What the methods cite",
    f"{RESULTS}/report/irf7bone_mqc.json": "Verdicts as custom content for MultiQC",
    f"{RESULTS}/summary.json": "Verdict, numbers, reservations and versions",
    PROVENANCE: "Settings, checksums and versions of the run",
    COSTS: "What the jobs took, by rule",
}
# columns of COSTS with their units, as Provenance Run Crate 0.5 wants them
USAGE = {
    "seconds": "https://qudt.org/vocab/unit/SEC",
    "cpu_seconds": "https://qudt.org/vocab/unit/SEC",
    "most_memory_mb": "https://qudt.org/vocab/unit/MebiBYTE",  # as in Snakemake's benchmarks, of 2^20 bytes
}
MEDIA_TYPES = {
    ".html": "text/html",
    ".j2": "text/plain",
    ".js": "text/javascript",
    ".json": "application/json",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".py": "text/x-python",
    ".tsv": "text/tab-separated-values",
    ".yaml": "application/yaml",
}
README = """# {title}

A run of irf7bone as a Workflow Run RO-Crate: `ro-crate-metadata.json` says what was made of what.

* `results/report/index.html` is the report; tables, figures and checksums lie beside it in `results/`.
* `settings.json`, `data/`: what was read. Sources of patients' data are named with their checksums only.
* `Snakefile`, `workflow/`, `envs/`: the workflow; the run is made again by `{command}`.
"""
PLAIN = "text/plain"  # rules, locks, gene sets
FOLDERS = {
    f"{RESULTS}/figures": "Figures as SVG and PDF, their numbers beside them as TSV",
    RECORDS: "Checksums of what each job read and made",
}
CODE = {
    "workflow": "Rules, scripts and the package irf7bone",
    "envs": "Versions and checksums of all packages",
}


def write_crate(folder: str | Path, target: str | Path, *, root: str | Path) -> Path:
    """Write the crate of a finished run.

    Args:
        folder: The folder that the workflow ran in.
        target: The zip file to write.
        root: The project's folder.

    Returns:
        ``target``.

    Raises:
        InputError: Results are missing or not as they were made.
    """
    folder, target, root = Path(folder), Path(target), Path(root)
    _refuse_changed(folder)
    _refuse_unfinished(folder)
    provenance = json.loads((folder / PROVENANCE).read_text(encoding="utf-8"))
    crate = ROCrate(version=RO_CRATE)
    crate.metadata.extra_contexts.append(CONTEXT)
    _describe(crate, provenance, _written(folder / PAGE))
    workflow = _add_workflow(crate, root, provenance)
    action = crate.add_action(
        workflow,
        identifier="#run",
        object=list(_inputs(crate, provenance, root)),
        result=list(_results(crate, folder)),
        properties={
            "name": "The run that made these results",
            "description": provenance["command"],
            "startTime": min(map(_written, (folder / RECORDS).rglob("*.json"))).isoformat(),
            "endTime": _written(folder / PAGE).isoformat(),
            "actionStatus": "http://schema.org/CompletedActionStatus",
        },
    )
    if costs := read_costs(folder):
        action["resourceUsage"] = list(_usage(crate, costs["all"]))
    crate.root_dataset["mentions"] = action
    crate.write_zip(target)
    return target


def _refuse_changed(folder: Path) -> None:
    findings = verify_results(folder).findings
    if findings:
        raise InputError(
            Problem(
                str(folder / RESULTS),
                expected="results as their jobs made them",
                found="other ones",
                remedy=f"{call_of('run')} makes them anew",
                offenders=tuple(map(str, findings)),
            )
        )


def _refuse_unfinished(folder: Path) -> None:
    missing = [path for path in (PAGE, PROVENANCE) if not (folder / path).is_file()]
    if missing:
        raise InputError(
            Problem(
                str(folder / RESULTS),
                expected="a run that ended with its report",
                found=f"no {' and no '.join(missing)}",
                remedy=f"{call_of('run')} goes on with it",
            )
        )


def _describe(crate: ROCrate, provenance: Mapping[str, Any], ended: datetime) -> None:
    profiles = [
        ContextEntity(crate, address, {"@type": "CreativeWork", "name": name, "version": version})
        for address, (name, version) in PROFILES.items()
    ]
    terms = ContextEntity(
        crate,
        "#terms",
        {
            "@type": "CreativeWork",
            "name": "MIT for the workflow; data keep the terms of their sources",
            "description": "Cohorts, gene sets and tables of genes are named with their sources.",
        },
    )
    crate.add(*profiles, terms)
    crate.root_dataset["conformsTo"] = profiles
    crate.name = provenance["config"]["title"]
    crate.description = (
        "A run of irf7bone: interferon signatures in tumour cohorts, related to metastasis and survival."
    )
    crate.datePublished = ended
    crate.license = terms
    readme = README.format(title=provenance["config"]["title"], command=provenance["command"])
    _add(crate, StringIO(readme), "README.md", "What is in here")["about"] = crate.root_dataset


def _add_workflow(crate: ROCrate, root: Path, provenance: Mapping[str, Any]) -> Any:
    licence = ContextEntity(crate, LICENCE, {"@type": "CreativeWork", "name": "MIT License", "url": LICENCE})
    authors = ContextEntity(crate, "#authors", {"@type": "Organization", "name": "irf7bone authors"})
    crate.add(licence, authors)
    workflow = crate.add_workflow(
        root / "Snakefile",
        "Snakefile",
        main=True,
        lang="snakemake",
        lang_version=provenance["packages"]["snakemake"],
        properties={"name": "irf7bone", "version": provenance["git_revision"], "encodingFormat": PLAIN},
    )
    workflow["license"], workflow["creator"] = licence, authors
    _add(crate, root / "config.yaml", "config.yaml", "Settings of the default study")
    for place, name in CODE.items():
        for path in sorted((root / place).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                _add(crate, path, path.relative_to(root).as_posix(), path.name)
        crate.add(Dataset(crate, dest_path=place, properties={"name": name}))
    return workflow


def _inputs(crate: ROCrate, provenance: Mapping[str, Any], root: Path) -> Iterator[Any]:
    """Settings as they were read, cards and signatures below the project, names of sources."""
    settings = json.dumps(provenance["config"], indent=1, ensure_ascii=False) + "\n"
    yield _add(crate, StringIO(settings), "settings.json", "The settings as they were read")
    origins = [origin for kind in ("cohorts", "experiments", "cells") for origin in provenance[kind].values()]
    checksums = Checksums()
    for file in [*(origin["card"] for origin in origins), *provenance["signatures"]]:
        properties = {"name": file["file"], "sha256": file["sha256"]}
        if checksums.of(root / file["file"]) == file["sha256"]:
            yield _add(crate, root / file["file"], file["file"], **properties)
        else:  # it lies outside the project, was derived in the run, or was edited since
            yield _named_only(crate, properties)
    for source in {source["sha256"]: source for origin in origins for source in origin["sources"]}.values():
        yield _named_only(
            crate, {"name": source["name"], "sha256": source["sha256"], "description": source["role"]}
        )


def _named_only(crate: ROCrate, properties: Mapping[str, str]) -> Any:
    name = f"#sha256-{properties['sha256']}"
    return crate.add(ContextEntity(crate, name, {"@type": "CreativeWork", **properties}))


def _results(crate: ROCrate, folder: Path) -> Iterator[Any]:
    checksums = Checksums()
    tables = {
        path: f"{table.name}: {len(table.columns)} columns"
        for path, table in REGISTER.items()
        if path.startswith(f"{RESULTS}/tables/")
    }
    for path, name in (FILES | tables).items():
        if (folder / path).is_file():
            yield _add(crate, folder / path, path, name, sha256=str(checksums.of(folder / path)))
    for path, name in FOLDERS.items():
        yield crate.add_dataset(folder / path, path, properties={"name": name})


def _usage(crate: ROCrate, costs: Mapping[str, str]) -> Iterator[Any]:
    """What all jobs took, each number named by its column of the file that has those of each rule."""
    for column, unit in USAGE.items():
        quantity = {"propertyID": f"{COSTS}#{column}", "unitCode": unit}
        value = {"@type": "PropertyValue", "name": column, "value": costs[column], **quantity}
        yield crate.add(ContextEntity(crate, f"#run-{column}", value))


def _add(crate: ROCrate, source: Path | StringIO, place: str, name: str, **properties: str) -> Any:
    kind = MEDIA_TYPES.get(Path(place).suffix, PLAIN)
    return crate.add_file(source, place, properties={"name": name, "encodingFormat": kind, **properties})


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(int(path.stat().st_mtime), UTC)

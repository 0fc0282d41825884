"""A run as an RO-Crate, held to Workflow Run Crate 0.5, Workflow RO-Crate 1.0 and RO-Crate 1.1."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import zipfile
from datetime import datetime
from pathlib import Path

import make_crate as tool
import pytest
from rocrate.rocrate import ROCrate

from irf7bone.base.checksums import Checksums
from irf7bone.base.errors import InputError
from irf7bone.commands.costs import COSTS, write_costs
from irf7bone.commands.crate import write_crate
from irf7bone.study.records import Record

PROJECT = Path(__file__).resolve().parents[3]
MADE = ("report/index.html", "summary.json", "tables/verdict.tsv", "figures/pooled", "provenance.json")
CARD, GENES = "data/cohorts/nki144.yaml", "data/signatures/interferon.gmt"
ASKED = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """The folder of a run of two jobs."""
    folder = tmp_path_factory.mktemp("run")
    results = folder / "results"
    for name in MADE[:3]:
        (results / name).parent.mkdir(parents=True, exist_ok=True)
        (results / name).write_text(f"made: {name}", encoding="utf-8")
    (results / "figures/pooled").mkdir(parents=True)
    (results / "figures/pooled/forest.svg").write_text("<svg/>", encoding="utf-8")
    checked = {file: hashlib.sha256((PROJECT / file).read_bytes()).hexdigest() for file in (CARD, GENES)}
    sources = [{"name": "SurvSet 0.2.11: DBCD.pickle", "role": "expression", "sha256": "ab" * 32}]
    provenance = {
        "command": "snakemake --cores all",
        "git_revision": "abc",
        "packages": {"snakemake": "9.27.1"},
        "config": {"title": "A run of two jobs"},
        "cohorts": {"nki144": {"card": {"file": CARD, "sha256": checked[CARD]}, "sources": sources}},
        "experiments": {},
        "cells": {"edited": {"card": {"file": CARD, "sha256": "cd" * 32}, "sources": sources}},
        "signatures": [{"file": GENES, "sha256": checked[GENES]}],
        "results": {},
    }
    (results / "provenance.json").write_text(json.dumps(provenance), encoding="utf-8")
    outputs = {f"results/{name}": Checksums().of(results / name) for name in MADE}
    (results / "records").mkdir()
    Record({}, outputs).write(results / "records/all.json")
    took = results / "logs/benchmarks/build_report.tsv"
    took.parent.mkdir(parents=True)
    took.write_text("s\tmax_rss\tcpu_time\n3.0\t400.0\t9.0\n", encoding="utf-8")
    write_costs(folder)
    return folder


@pytest.fixture(scope="module")
def crate(run, tmp_path_factory) -> Path:
    return write_crate(run, tmp_path_factory.mktemp("out") / "run.crate.zip", root=PROJECT)


@pytest.fixture(scope="module")
def graph(crate) -> dict[str, dict]:
    with zipfile.ZipFile(crate) as archive:
        metadata = json.loads(archive.read("ro-crate-metadata.json"))
    assert metadata["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    assert "https://w3id.org/ro/terms/workflow-run/context" in metadata["@context"]
    entities = {entity["@id"]: entity for entity in metadata["@graph"]}
    assert len(entities) == len(metadata["@graph"])  # flat, each described once
    return entities


def referred(value) -> list[str]:
    """Ids that an entity's property refers to."""
    values = value if isinstance(value, list) else [value]
    return [item["@id"] for item in values if isinstance(item, dict)]


def types(entity) -> list[str]:
    return entity["@type"] if isinstance(entity["@type"], list) else [entity["@type"]]


def test_the_root_says_what_it_is(graph):
    descriptor, root = graph["ro-crate-metadata.json"], graph["./"]
    assert descriptor["about"] == {"@id": "./"}
    assert "https://w3id.org/ro/crate/1.1" in referred(descriptor["conformsTo"])
    assert set(referred(root["conformsTo"])) == ASKED
    assert all("CreativeWork" in types(graph[profile]) and graph[profile]["version"] for profile in ASKED)
    assert root["name"] == "A run of two jobs" and root["description"]
    assert datetime.fromisoformat(root["datePublished"])
    assert referred(root["license"]) and referred(root["mentions"]) == ["#run"]


def test_the_main_workflow_is_described(graph):
    [main] = referred(graph["./"]["mainEntity"])
    workflow = graph[main]
    assert main == "Snakefile"
    assert {"File", "SoftwareSourceCode", "ComputationalWorkflow"} <= set(types(workflow))
    [language] = referred(workflow["programmingLanguage"])
    assert "ComputerLanguage" in types(graph[language]) and graph[language]["name"] == "Snakemake"
    assert graph[language]["version"] == "9.27.1"
    assert workflow["name"] and workflow["version"] == "abc" and referred(workflow["license"])


def test_the_action_ties_results_to_the_workflow_and_its_inputs(graph):
    action = graph["#run"]
    assert types(action) == ["CreateAction"] and referred(action["instrument"]) == ["Snakefile"]
    assert datetime.fromisoformat(action["startTime"]) <= datetime.fromisoformat(action["endTime"])
    assert {"results/report/index.html", "results/figures/", "results/records/"} <= set(
        referred(action["result"])
    )
    inputs = set(referred(action["object"]))
    assert {"settings.json", CARD, GENES} <= inputs
    assert graph[f"#sha256-{'ab' * 32}"]["name"] == "SurvSet 0.2.11: DBCD.pickle"
    edited = graph[f"#sha256-{'cd' * 32}"]
    assert types(edited) == ["CreativeWork"] and edited["@id"] in inputs  # another content than lies here


def test_what_the_run_took_is_said_with_units_and_by_rule(graph):
    """Provenance Run Crate 0.5, "Representing resource usage"."""
    used = {graph[name]["name"]: graph[name] for name in referred(graph["#run"]["resourceUsage"])}
    assert {name: one["value"] for name, one in used.items()} == {
        "seconds": "3.0",
        "cpu_seconds": "9.0",
        "most_memory_mb": "400.0",
    }
    assert all(types(one) == ["PropertyValue"] for one in used.values())
    units = {name: one["unitCode"].rpartition("/")[2] for name, one in used.items()}
    assert units == {"seconds": "SEC", "cpu_seconds": "SEC", "most_memory_mb": "MebiBYTE"}
    assert used["cpu_seconds"]["propertyID"] == f"{COSTS}#cpu_seconds" and COSTS in graph


def test_all_that_is_referred_to_is_described_and_every_file_is_there(graph, crate):
    for entity in graph.values():
        for value in entity.values():
            for name in referred(value):
                assert name in graph or re.match(r"https?://", name), (entity["@id"], name)
    with zipfile.ZipFile(crate) as archive:
        inside = set(archive.namelist())
        files = [entity for entity in graph.values() if "File" in types(entity)]
        assert {entity["@id"] for entity in files} <= inside
        for entity in files:
            if "sha256" in entity:
                assert hashlib.sha256(archive.read(entity["@id"])).hexdigest() == entity["sha256"]
    folders = {entity["@id"] for entity in graph.values() if types(entity) == ["Dataset"]} - {"./"}
    parts = {name for entity in graph.values() for name in referred(entity.get("hasPart", []))}
    assert folders | {entity["@id"] for entity in files} <= parts
    assert all(any(name.startswith(folder) for name in inside) for folder in folders)
    assert not any("__pycache__" in name for name in inside)


def test_the_library_reads_it_back(crate):
    read = ROCrate(crate)
    assert read.mainEntity.id == "Snakefile" and read.name == "A run of two jobs"
    assert read.get("#run")["instrument"].id == "Snakefile"


def test_it_names_no_path_of_the_machine(graph):
    assert str(PROJECT) not in json.dumps(graph)


def test_results_that_were_changed_are_refused(run, tmp_path):
    table = run / "results/tables/verdict.tsv"
    before = table.read_text(encoding="utf-8")
    table.write_text("edited", encoding="utf-8")
    try:
        with pytest.raises(InputError, match=r"results/tables/verdict\.tsv is not as its job made it"):
            write_crate(run, tmp_path / "x.zip", root=PROJECT)
    finally:
        table.write_text(before, encoding="utf-8")
    assert not (tmp_path / "x.zip").exists()


def test_a_run_that_did_not_end_is_refused(run, tmp_path):
    half = tmp_path / "half"
    results = half / "results"
    (results / "tables").mkdir(parents=True)
    shutil.copy(run / "results/tables/verdict.tsv", results / "tables")
    table = "results/tables/verdict.tsv"
    (results / "records").mkdir()
    Record({}, {table: Checksums().of(half / table)}).write(results / "records/judge_results.json")
    with pytest.raises(InputError, match=r"no results/report/index\.html and no results/provenance\.json"):
        write_crate(half, tmp_path / "x.zip", root=PROJECT)
    assert not (tmp_path / "x.zip").exists()


def test_the_command_says_where_it_is(run, tmp_path, capsys):
    assert tool.main(["--directory", str(run), "--out", str(tmp_path / "y.zip")]) == 0
    assert capsys.readouterr().out == f"irf7bone: the crate is {tmp_path / 'y.zip'}\n"
    assert tool.main(["--directory", str(tmp_path)]) == 1 and "no records" in capsys.readouterr().err

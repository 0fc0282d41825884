"""The workflow as a whole: its jobs, its reruns, its refusals, and the same bytes from the same input."""

from __future__ import annotations

import html
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import yaml

from .conftest import PROJECT, gene_sets, snakemake

COHORT_RULES = (
    "acquire_cohort",
    "harmonise_cohort",
    "score_cohort",
    "associate_cohort",
    "plot_cohort",
)
STUDY_RULES = (
    "check_quality",
    "measure_agreement",
    "pool_associations",
    "random_signatures_pooled",
    "audit_cohorts",
    "judge_results",
    "examine_pooled",
    "plot_pooled",
    "build_report",
    "print_report",
    "write_provenance",
)
CELL_RULES = (
    "acquire_cells",
    "scan_cells",
    "call_compartments",
    "reduce_cells",
    "analyse_cells",
    "derive_malignant_parts",
    "plot_cells",
)
EXPERIMENT_RULES = ("acquire_experiment", "analyse_experiment", "derive_signature", "plot_experiment")


def planned(text: str) -> dict[str, int]:
    """Jobs a rule, from the table that Snakemake prints."""
    rows = re.findall(r"^([a-z_]+) +(\d+)$", text, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule not in ("total", "all")}


def test_default_study_plans_exactly_these_jobs(tmp_path):
    run = snakemake(tmp_path, "--dry-run")
    assert run.code == 0, run.text
    assert planned(run.text) == dict.fromkeys(COHORT_RULES, 7) | dict.fromkeys(
        (*STUDY_RULES, *EXPERIMENT_RULES, *CELL_RULES), 1
    )


def test_without_experiments_no_job_and_no_input_is_about_them(tmp_path):
    run = snakemake(tmp_path, "--dry-run", "--printshellcmds", "--config", "experiments=[]", "cells=[]")
    assert run.code == 0, run.text
    assert planned(run.text) == dict.fromkeys(COHORT_RULES, 7) | dict.fromkeys(STUDY_RULES, 1)
    assert "experiment" not in run.text.partition("Building DAG")[2].replace("experiments=[]", "")


def test_every_planned_result_has_a_row(tiny_run):
    table = pd.read_csv(tiny_run / "results/tables/associations.tsv", sep="\t")
    assert len(table) == 2 * 5 * 2 * 2 * 3  # cohorts, signatures, methods, endpoints, models
    assert table["status"].notna().all()
    assert (table.loc[table["status"] != "ok", "reason"].str.len() > 10).all()
    missing = table[table["signature"] == "DANAHER_NK_CELLS"]
    assert set(missing["status"]) == {"low_coverage"} and missing["log_hr"].isna().all()


def test_a_derived_signature_is_scored_but_for_its_own_patients(tiny_run):
    gmt = (tiny_run / "results/experiments/tiny_pairs/derived/LOST_IN_BONE.gmt").read_text(encoding="utf-8")
    planted = set(gene_sets("HALLMARK_INTERFERON_ALPHA_RESPONSE"))
    derived = set(gmt.rstrip("\n").split("\t")[2:])
    assert len(derived & planted) > 0.9 * len(planted) and len(derived - planted) < 5
    table = pd.read_csv(tiny_run / "results/tables/associations.tsv", sep="\t")
    own = table[table["signature"] == "LOST_IN_BONE"]
    assert set(own.loc[own["cohort"] == "tiny_a", "status"]) == {"ok"}
    withheld = own[own["cohort"] == "tiny_b"]
    assert set(withheld["status"]) == {"not_available"} and withheld["log_hr"].isna().all()
    assert withheld["reason"].str.contains("shares patients with this cohort").all()
    pooled = pd.read_csv(tiny_run / "results/tables/pooled.tsv", sep="\t")
    assert (pooled.loc[pooled["signature"] == "LOST_IN_BONE", "k"] <= 1).all()


def test_the_experiment_is_in_report_and_provenance(tiny_run):
    page = (tiny_run / "results/report/index.html").read_text(encoding="utf-8")
    claim = pd.read_csv(tiny_run / "results/experiments/tiny_pairs/claim.tsv", sep="\t").iloc[0]
    said = re.sub(r"<[^>]*>", "", page)  # terms of the glossary are marked within sentences
    sentence = claim["sentence"].replace(claim["signature"], "Interferon alpha response (Hallmark)")
    assert html.escape(sentence, quote=False) in said and "LOST_IN_BONE" in page
    provenance = json.loads((tiny_run / "results/provenance.json").read_text(encoding="utf-8"))
    assert list(provenance["experiments"]) == ["tiny_pairs"]
    assert provenance["command"] == "snakemake --cores all --directory study --configfile study.yaml"
    assert any(entry["file"].endswith("LOST_IN_BONE.gmt") for entry in provenance["signatures"])


def test_the_command_in_the_report_makes_this_report(tiny_run, project_copy, tmp_path):
    """In an empty folder, into which only the project and the study's own files were put."""
    held = json.loads((tiny_run / "results/provenance.json").read_text(encoding="utf-8"))
    shutil.copy(tiny_run / "study.yaml", project_copy)
    shutil.copytree(tiny_run / "cards", project_copy / "cards")
    program, *words = shlex.split(held["command"])
    call = [sys.executable, "-m", program, "results/provenance.json", "--dry-run", "--nocolor", *words]
    done = subprocess.run(call, cwd=project_copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    here = snakemake(
        fresh, "results/provenance.json", "--configfile", str(tiny_run / "study.yaml"), "--dry-run"
    )
    assert planned(done.stdout + done.stderr) == planned(here.text) != {}

    def inputs(text: str) -> set[str]:
        named = re.findall(r"^ +input: (.*)$", text, flags=re.MULTILINE)
        return {Path(path).name for line in named for path in line.split(", ")}

    assert inputs(done.stdout + done.stderr) == inputs(here.text)


def test_second_run_does_nothing(tiny_run, tmp_path):
    folder = tmp_path / "moved"
    shutil.copytree(tiny_run, folder)
    run = snakemake(folder, "--configfile", "study.yaml")
    assert run.code == 0 and "Nothing to be done" in run.text


def test_bad_config_is_refused_at_once_with_every_problem(tmp_path):
    config = yaml.safe_load((PROJECT / "config.yaml").read_text(encoding="utf-8"))
    config["cohorts"] = ["gse1992", "gse1992", "nowhere"]
    config["primary"]["signature"] = "IRF77"
    config["metods"] = ["zscore"]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    start = time.perf_counter()
    run = snakemake(tmp_path, "--configfile", str(path))
    seconds = time.perf_counter() - start
    assert run.code != 0
    for word in ("metods", "methods", "nowhere", "gse1992", "IRF77"):
        assert word in run.text
    assert "Traceback" not in run.text
    assert not (tmp_path / "results").exists()
    assert seconds < 6, "the check itself takes well under 3 s; the bound allows for a loaded machine"

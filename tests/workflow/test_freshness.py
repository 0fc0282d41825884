"""What runs again is decided by content: inputs of any age, results that were changed."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from irf7bone.commands.verify import verify_results

from .conftest import PROJECT, Run, copy_project, snakemake
from .test_workflow import STUDY_RULES

LONG_AGO = (978_307_200, 978_307_200)  # 2001


def planned(run: Run) -> set[str]:
    """Rules of which Snakemake plans a job."""
    assert run.code == 0, run.text
    return set(re.findall(r"^([a-z_]+) +\d+$", run.text, flags=re.MULTILINE)) - {"total", "all"}


@pytest.fixture(scope="module")
def settled(tiny_run, tmp_path_factory) -> tuple[Path, Path]:
    """A finished run and the copy of the project that it belongs to, both to be edited."""
    folder = tmp_path_factory.mktemp("settled")
    project = copy_project(folder / "project")
    shutil.copytree(tiny_run, folder / "run")
    touched = snakemake(folder / "run", "--configfile", "study.yaml", "--touch", project=project)
    assert touched.code == 0, touched.text
    return folder / "run", project


@pytest.fixture
def edited(settled) -> Iterator[Callable[..., None]]:
    """Replaces or adds a file, with times long ago; puts back what was there afterwards."""
    before: dict[Path, bytes | None] = {}

    def edit(path: Path, content: bytes) -> None:
        before.setdefault(path, path.read_bytes() if path.exists() else None)
        path.write_bytes(content)
        os.utime(path, LONG_AGO)

    yield edit
    for path, content in before.items():
        if content is None:
            path.unlink()
        else:
            path.write_bytes(content)


def dry_run(settled: tuple[Path, Path]) -> Run:
    return snakemake(settled[0], "--configfile", "study.yaml", "--dry-run", project=settled[1])


def test_what_is_only_touched_reruns_nothing(settled):
    folder, project = settled
    for root in (folder / "cards", folder / "results", project / "data", project / "workflow"):
        for path in root.rglob("*"):
            os.utime(path)
    os.utime(folder / "study.yaml")
    assert planned(dry_run(settled)) == set()


TINY, SHARED = "run/cards/tiny_a", "project/data"
REPLACED = {
    "card": (f"{TINY}.yaml", b"Tiny cohort", b"Another cohort", {"acquire_cohort", "write_provenance"}),
    "clinical table": (f"{TINY}.clinical.tsv", b"\t1\t0\n", b"\t1\t1\n", {"acquire_cohort"}),
    "expression": (f"{TINY}.csv", b",8.", b",9.", {"acquire_cohort"}),
    "signatures": (
        f"{SHARED}/signatures/*.gmt",
        b"\tIRF7",
        b"\tIRF3",
        {"score_cohort", "analyse_experiment"},
    ),
    "markers": (f"{SHARED}/markers/*.gmt", b"\tIBSP", b"\tPHEX", {"analyse_experiment"}),
    "study": ("run/study.yaml", b"draws: 200", b"draws: 201", {"associate_cohort"}),
}


@pytest.mark.parametrize("kind", REPLACED)
def test_an_input_replaced_by_an_older_file_reruns_what_reads_it(settled, edited, kind):
    pattern, old, new, first = REPLACED[kind]
    files = [path for path in settled[0].parent.glob(pattern) if old in path.read_bytes()]
    edited(files[0], files[0].read_bytes().replace(old, new, 1))
    jobs = planned(dry_run(settled))
    assert first | {"build_report"} <= jobs
    if "acquire_cohort" not in first:
        assert "acquire_cohort" not in jobs and "harmonise_cohort" not in jobs


def test_the_symbol_table_replaced_by_an_older_one(settled, edited):
    path = settled[1] / "data/genes/hgnc_symbols.tsv.gz"
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    edited(path, gzip.compress(b"".join(lines[:-1]), 1, mtime=0))
    assert {"harmonise_cohort", "score_cohort", "build_report"} <= planned(dry_run(settled))


def test_an_added_signature_reruns_only_what_depends_on_it(settled, edited):
    edited(settled[1] / "data/signatures/added.gmt", b"USER_SET\tmade here\tIRF7\tSTAT1\tMX1\n")
    assert planned(dry_run(settled)) == {
        "score_cohort",
        "associate_cohort",
        "plot_cohort",
        "analyse_experiment",
        "derive_signature",
        "plot_experiment",
        *(rule for rule in STUDY_RULES if rule != "check_quality"),
    }


@pytest.mark.parametrize(
    ("module", "first"),
    [
        ("harmonise/cohort.py", "harmonise_cohort"),
        ("scoring/ssgsea.py", "score_cohort"),
        ("statistics/cox.py", "associate_cohort"),
        ("pool/pool.py", "pool_associations"),
    ],
)
def test_an_edited_module_reruns_the_jobs_that_use_it(settled, edited, module, first):
    path = settled[1] / "workflow/scripts/irf7bone" / module
    edited(path, path.read_bytes() + b"\n# edited\n")
    jobs = planned(dry_run(settled))
    order = ["acquire_cohort", "harmonise_cohort", "score_cohort", "associate_cohort", "pool_associations"]
    assert first in jobs
    assert not set(order[: order.index(first)]) & jobs
    assert "build_report" in jobs


def cut_at_a_byte(content: bytes) -> bytes:
    return content[: len(content) // 2 + 1]


def cut_at_a_line(content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: len(lines) // 2])


def one_byte(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def emptied(content: bytes) -> bytes:
    return b""


# what is changed, and the rule that makes it anew
CHANGED = {
    "results/acquired/tiny_a/expression.parquet": (cut_at_a_byte, "acquire_cohort"),
    "results/acquired/tiny_b/clinical.tsv": (cut_at_a_line, "acquire_cohort"),
    "results/cohorts/tiny_a.h5ad": (one_byte, "harmonise_cohort"),
    "results/scores/tiny_a.parquet": (one_byte, "score_cohort"),
    "results/associations/tiny_a.tsv": (one_byte, "associate_cohort"),
    "results/outcome/tiny_b/null.tsv": (cut_at_a_line, "associate_cohort"),
    "results/outcome/tiny_b/claim_models.tsv": (emptied, "associate_cohort"),
    "results/tables/pooled.tsv": (cut_at_a_line, "pool_associations"),
    "results/tables/verdict.tsv": (one_byte, "judge_results"),
    "results/experiments/tiny_pairs/derived/LOST_IN_BONE.gmt": (cut_at_a_byte, "derive_signature"),
    "results/figures/pooled": (cut_at_a_byte, "plot_pooled"),
    "results/provenance.json": (one_byte, "write_provenance"),
    "results/report/index.html": (cut_at_a_byte, "build_report"),
    "results/report/report.pdf": (emptied, "print_report"),
}


def a_file(path: Path) -> Path:
    return min(path.glob("*.svg")) if path.is_dir() else path


def test_every_kind_of_changed_result_is_noticed_though_its_times_were_kept(settled, edited):
    folder = settled[0]
    assert verify_results(folder).findings == []
    for name, (change, _) in CHANGED.items():
        path = a_file(folder / name)
        times = path.stat()
        edited(path, change(path.read_bytes()))
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    run = dry_run(settled)
    assert {rule for _, rule in CHANGED.values()} <= planned(run)
    folders = {
        "results/experiments/tiny_pairs/derived/LOST_IN_BONE.gmt": "results/experiments/tiny_pairs/derived"
    }
    expected = {folders.get(name, name) for name in CHANGED}
    assert (
        set(re.findall(r"^(\S+) is not as it was made: made anew", run.text, flags=re.MULTILINE)) == expected
    )
    findings = verify_results(folder).findings
    assert {finding.path for finding in findings if finding.kind == "changed"} == expected


def test_a_job_refuses_what_is_not_as_it_was_made(settled, edited):
    folder, project = settled
    (folder / "results/report/report.pdf").unlink()
    path = folder / "results/qc/tiny_a.tsv"
    edited(path, cut_at_a_line(path.read_bytes()))
    only = ("--allowed-rules", "print_report", "--configfile", "study.yaml")
    run = snakemake(folder, "results/report/report.pdf", *only, project=project)
    assert run.code != 0 and "results/qc/tiny_a.tsv" in run.text
    assert "the result as its job made it" in run.text and "Traceback" not in run.text


def test_changed_results_are_made_anew_with_the_same_bytes(settled, tiny_run):
    folder, project = settled
    table, figure = folder / "results/tables/verdict.tsv", a_file(folder / "results/figures/pooled")
    table.write_bytes(cut_at_a_line(table.read_bytes()))
    figure.write_bytes(b"")
    run = snakemake(folder, "--configfile", "study.yaml", project=project)
    assert run.code == 0, run.text
    assert verify_results(folder).findings == []
    for path in (tiny_run / "results").rglob("*"):
        if path.is_file() and "logs" not in path.parts and path.name != ".snakemake_timestamp":
            assert path.read_bytes() == (folder / path.relative_to(tiny_run)).read_bytes(), path


def test_provenance_lists_every_table_and_figure(tiny_run):
    listed = json.loads((tiny_run / "results/provenance.json").read_text(encoding="utf-8"))["results"]
    there = {
        path.relative_to(tiny_run).as_posix()
        for part in ("tables", "figures", "associations", "outcome", "qc", "scores")
        for path in (tiny_run / "results" / part).rglob("*")
        if path.is_file() and path.name != ".snakemake_timestamp"
    }
    assert len(there) > 100 and there <= set(listed)
    assert str(PROJECT) not in json.dumps(listed)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="nothing here to take the rights of root away")
def test_a_finished_run_that_is_read_only_has_nothing_to_do_and_needs_no_home(settled):
    folder, project = settled
    shutil.copytree(PROJECT / "tools", project / "tools", dirs_exist_ok=True)
    call = [sys.executable, "tools/make_report.py", "--cores", "1", "--directory", str(folder)]
    call += ["--configfile", str(folder / "study.yaml")]
    environment = {key: value for key, value in os.environ.items() if key not in ("HOME", "TMPDIR")}
    finish = subprocess.run(call, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert finish.returncode == 0, finish.stderr
    everything = [folder, *folder.rglob("*")]
    modes = {path: path.stat().st_mode for path in everything}
    for path in everything:
        path.chmod(modes[path] & ~0o222)
    rights = "-dac_override,-dac_read_search,-fowner"
    call = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *call]
    try:
        run = subprocess.run(call, cwd=project, env=environment, capture_output=True, text=True, check=False)
    finally:
        for path in everything:
            path.chmod(modes[path])
    assert run.returncode == 0 and "Nothing to be done" in run.stderr, run.stderr

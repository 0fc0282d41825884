"""What a run shows: a bar or a few lines, and every warning and error whole."""

from __future__ import annotations

import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_irf7bone import LogHandler
from snakemake_logger_plugin_irf7bone.progress import SECONDS, Progress, duration

from irf7bone.commands.run_workflow import say_result

PROJECT = Path(__file__).resolve().parents[3]
RULES = "\n".join(path.read_text(encoding="utf-8") for path in PROJECT.glob("workflow/rules/*.smk"))

# 22 jobs, one of which fails where it is told to
SNAKEFILE = """
rule all:
    input:
        expand("{n}.txt", n=range(22)),


rule touch:
    output:
        "{n}.txt",
    message:
        "Touch {wildcards.n}"
    params:
        fails=lambda wildcards: wildcards.n == str(config.get("fails")),
    shell:
        "if [ {params.fails} = True ]; then echo 'irf7bone: no such cohort' >&2; exit 3; fi; touch {output}"
"""


def record(event: LogEvent | None = None, message: str = "", level: int = logging.INFO, **facts: Any):
    return logging.makeLogRecord({"msg": message, "levelno": level, "event": event, **facts})


def test_work_is_weighed_by_what_jobs_take():
    progress = Progress()
    progress.plan({"random_signatures_pooled": 1, "derive_signature": 5, "all": 1, "total": 7}, 100.0)
    assert progress.total == 6
    for job in range(5):
        progress.start(job, "derive_signature", "")
        progress.finish(job, 101.0 + job)
    # 10 of 55 seconds of work took 5: the other 45 take 22.5
    assert progress.seconds_left(105.0) == pytest.approx(22.5)
    assert progress.seconds_left(115.0) == pytest.approx(12.5)
    assert progress.seconds_left(200.0) == 0
    assert progress.said(105.0) == "5 of 6 jobs done, about 20 s left"
    progress.start(9, "random_signatures_pooled", "Compare")
    assert progress.bar(105.0, 80) == "[###" + 13 * "." + "] 5 of 6 jobs done, about 20 s left: Compare"
    assert len(progress.bar(105.0, 40)) == 39
    progress.finish(9, 130.0)
    assert progress.said(130.0) == "6 of 6 jobs done"


def test_nothing_is_said_of_the_time_before_there_is_something_to_tell_it_by():
    progress = Progress()
    progress.plan({"build_report": 9}, 0.0)
    assert progress.said(1.0) == "0 of 9 jobs done"


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "10 s"), (44, "40 s"), (89, "90 s"), (200, "3 min"), (9000, "2 h")]
)
def test_times_are_rounded_as_one_would_say_them(seconds, said):
    assert duration(seconds) == f"about {said}"


def test_a_rule_that_is_weighed_is_one_of_the_workflow():
    assert [rule for rule in SECONDS if f"\nrule {rule}:" not in RULES] == []


@pytest.fixture
def handler() -> Iterator[LogHandler]:
    """A handler that is not at a terminal."""
    opened = LogHandler(None, None)
    opened.setFormatter(logging.Formatter("%(message)s"))
    yield opened
    opened.close()


def test_elsewhere_than_on_a_terminal_each_tenth_is_a_line(handler, capsys):
    handler.emit(record(LogEvent.RUN_INFO, stats={"score_cohort": 40, "total": 40}))
    for job in range(40):
        handler.emit(record(LogEvent.JOB_INFO, jobid=job, rule_name="score_cohort", rule_msg="Score"))
        handler.emit(record(LogEvent.JOB_FINISHED, job_id=job))
        handler.emit(record(message="Select jobs to execute..."))
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 11 and lines[0] == "irf7bone: 40 jobs to do"
    assert lines[1].startswith("irf7bone: 4 of 40 jobs done, about 10 s left")
    assert lines[-1] == "irf7bone: 40 of 40 jobs done"


def test_warnings_and_errors_are_shown_whole_and_say_where_the_log_is(handler, capsys):
    where = record(message="Complete log(s): run.log")
    handler.emit(where)
    for level, event in (
        (logging.WARNING, None),
        (logging.ERROR, LogEvent.ERROR),
        (logging.ERROR, LogEvent.JOB_ERROR),
        (logging.ERROR, LogEvent.GROUP_ERROR),
        (logging.CRITICAL, None),
    ):
        handler.emit(record(event, f"{event} of\ntwo lines", level))
    handler.emit(where)
    events = ("None", "error", "job_error", "group_error", "None")
    said = "".join(f"{event} of\ntwo lines\n" for event in events)
    assert capsys.readouterr().err == f"{said}Complete log(s): run.log\n"


def test_nothing_to_be_done_is_said(handler, capsys):
    handler.emit(record(message="Nothing to be done (all requested files are present and up to date)."))
    assert capsys.readouterr().err.startswith("Nothing to be done")


@pytest.fixture
def command(tmp_path) -> list[str]:
    """Snakemake as make report starts it, for a workflow of a few lines."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE, encoding="utf-8")
    call = [sys.executable, str(PROJECT / "tools/terminal"), "--logger", "irf7bone", "--cores", "2"]
    return [*call, "--snakefile", str(tmp_path / "Snakefile"), "--directory", str(tmp_path)]


def test_a_run_without_a_terminal_is_a_few_lines(command):
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = run.stderr.splitlines()
    assert run.returncode == 0 and run.stdout == ""
    assert len(lines) <= 12 and lines[0] == "irf7bone: 22 jobs to do"
    assert lines[-1] == "irf7bone: 22 of 22 jobs done"
    assert "\x1b" not in run.stderr


def test_on_a_terminal_there_is_one_bar_and_an_error_stays(command):
    ours, theirs = pty.openpty()
    run = subprocess.Popen([*command, "--config", "fails=7"], stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    said = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    assert run.wait() == 1
    text = said.decode()
    assert "of 22 jobs done" in text
    screen = [line for line in text.split("\r\n") if line.replace("\r", "")]
    kept = [line.rpartition("\x1b[K")[2] for line in screen]
    for expected in (
        "irf7bone: no such cohort",
        "Error in rule touch:",
        "output: 7.txt",
        "Complete log(s): ",
    ):
        assert any(expected in line for line in kept), (expected, kept)
    assert len(kept) <= 25


def test_the_end_is_the_verdict_and_the_path(tmp_path, capsys):
    def made(*outputs: str) -> None:
        path = tmp_path / "results/records/build_report.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        listed = ", ".join(f'"{name}": "x"' for name in outputs)
        path.write_text(f'{{"outputs": {{{listed}}}}}', encoding="utf-8")

    page = tmp_path / "results/report/index.html"
    made("results/report/index.html", "results/summary.json")
    (tmp_path / "results/summary.json").write_text('{"headline": "Death: no data."}', encoding="utf-8")
    say_result(tmp_path)
    assert capsys.readouterr().out == f"irf7bone: Death: no data.\nirf7bone: the report is {page}\n"
    made("results/report/index.html")
    say_result(tmp_path)
    assert capsys.readouterr().out == f"irf7bone: the report is {page}\n"

"""`make report`, `irf7bone run`: one run in a folder at a time, and one line where it is stopped."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import psutil

from irf7bone.base.called import PROJECT
from irf7bone.base.errors import InputError
from irf7bone.commands.costs import write_costs
from irf7bone.study.failures import forget, leave_out
from irf7bone.study.homes import own_homes
from irf7bone.study.job_marks import killed_jobs
from irf7bone.study.places import study_folder
from irf7bone.study.records import record_path
from irf7bone.study.run_lock import INHERITED, RunningElsewhere, clear, hold
from irf7bone.study.strict_yaml import read_configs

DRY = {"-n", "--dry-run", "--dryrun"}
PLAIN = (sys.executable, "-m", "snakemake")
SNAKEMAKE = (sys.executable, str(PROJECT / "tools/terminal"), "--logger", "irf7bone")
ALWAYS = ("--scheduler", "greedy", "--rerun-incomplete")
SUMMARY, REPORT = "results/summary.json", "results/report/index.html"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_CHILD_SUBREAPER = 36  # Linux: orphans of what is started here come back here


def run_workflow(arguments: list[str]) -> int:
    """Run Snakemake with these arguments; its code, or 128 and the signal that stopped it.

    Where the study says ``missing: report``, cohorts that failed are left out of another plan.
    """
    parser = argparse.ArgumentParser(description="Run the workflow; other arguments are Snakemake's")
    parser.add_argument("--directory", type=Path, default=Path(), help="the folder to run in")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[], help="the study")
    given = parser.parse_known_args(arguments)[0]
    folder = given.directory
    try:
        # before Snakemake reads it with plain YAML, which may take all memory
        reports = read_configs([PROJECT / "config.yaml", *given.configfile])["missing"] == "report"
        lock = hold(folder)
    except (RunningElsewhere, InputError) as error:
        print(f"irf7bone: {error}", file=sys.stderr)
        return 1
    forget(folder)
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopped:
            stopped.append(number)
            _end_all()

    _adopt_orphans()
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, stop)
    # nothing can be written there: a lock neither
    further = [*(["--nolock"] if lock is None else []), *(["--keep-going"] if reports else [])]
    with own_homes(folder, os.environ) as homes:
        code = _run([*further, *arguments], homes, lock, stopped)
        while code and reports and not stopped and (failed := leave_out(folder)):
            for cohort, why in failed.items():
                print(f"irf7bone: {cohort} failed and is left out ({why})", file=sys.stderr)
            code = _run([*further, *arguments], homes, lock, stopped)
    with contextlib.suppress(OSError):
        write_costs(folder)
    with contextlib.suppress(OSError):
        (folder / ".snakemake/locks").mkdir(
            exist_ok=True
        )  # looked for, and missed in a run that is read-only now
    if not stopped:
        for job in killed_jobs(folder) if code else ():
            print(f"irf7bone: {job}", file=sys.stderr)
        if not code and not DRY & set(arguments):
            say_result(folder)
        return code
    _end_all()
    clear(folder)
    _say_stopped(stopped[0])
    return 128 + stopped[0]


def _run(arguments: list[str], environment: dict[str, str], lock: int | None, stopped: list[int]) -> int:
    """Run Snakemake once, holding the folder; its code."""
    held = {} if lock is None else {INHERITED: str(lock)}
    # a plan is shown by Snakemake itself
    snakemake = PLAIN if DRY & set(arguments) else SNAKEMAKE
    with subprocess.Popen(
        [*snakemake, *ALWAYS, *arguments],
        env=environment | held,
        pass_fds=() if lock is None else (lock,),
        preexec_fn=_deaf,
    ) as run:
        if stopped:  # before there was anything to end
            _end_all()
        return run.wait()


def say_result(folder: Path) -> None:
    """The verdict in one line, where cohorts were asked, and where the report is, if there is one."""
    record = folder / record_path("build_report", [])
    if not record.is_file():
        return
    made = json.loads(record.read_text(encoding="utf-8"))["outputs"]
    if SUMMARY in made:  # the file of a run with cohorts stays where the next one has none
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        print(f"irf7bone: {summary['headline']}")
    print(f"irf7bone: the report is {(folder / REPORT).absolute()}")


def _say_stopped(number: int) -> None:
    """The one line of a run that was stopped."""
    with contextlib.suppress(OSError):  # the terminal may be gone
        name = signal.Signals(number).name
        bar = "\r\x1b[K" if os.isatty(2) else ""  # is written over
        os.write(2, f"{bar}irf7bone: stopped by {name}; the same command goes on from here\n".encode())


def _stop_early(number: int, frame: FrameType | None) -> None:
    _say_stopped(number)
    os._exit(128 + number)


def _deaf() -> None:
    """What is started hears no signal that a terminal sends to all: it is ended from here, without a word."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _end_all() -> None:
    """End Snakemake, its jobs and whatever they started."""
    while children := psutil.Process().children(recursive=True):
        for child in children:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(children, timeout=5)


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def run_command(arguments: list[str] | None = None) -> int:
    """`irf7bone run`: run a study from anywhere, in a folder of its own."""
    parser = argparse.ArgumentParser(description="Run a study; other arguments are Snakemake's")
    parser.add_argument("study", type=Path, help="a config file: what differs from the default study")
    parser.add_argument("--directory", type=Path, help="the folder to run in; default: called as the study")
    parser.add_argument("--cores", default="all", help="default: %(default)s")
    given, further = parser.parse_known_args(arguments)
    if not given.study.is_file():
        parser.error(f"{given.study}: no such file")
    folder = given.directory or study_folder(given.study)
    if folder == given.study:
        parser.error(f"{given.study}: name it .yaml")
    call = ["--snakefile", str(PROJECT / "workflow/Snakefile"), "--workflow-profile", "none"]
    call += ["--cores", given.cores, "--directory", str(folder), *further, "--configfile", str(given.study)]
    return run_workflow_stoppably(call)


def run_workflow_stoppably(arguments: list[str]) -> int:
    """:func:`run_workflow` of a process that has only begun: signals are answered from here on."""
    for heard in SIGNALS:
        if signal.getsignal(heard) is not signal.SIG_IGN:
            signal.signal(heard, _stop_early)
    return run_workflow(arguments)

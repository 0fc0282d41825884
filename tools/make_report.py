"""Run the workflow for `make report`: one run in a folder at a time, and one line where it is stopped.

What it says on the way is tools/terminal's; it ends with the verdict in one line and the path of the report.

usage: python tools/make_report.py --cores all [--directory DIR] [--configfile STUDY.yaml]
"""

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

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.study.homes import own_homes  # noqa: E402
from irf7bone.study.job_marks import killed_jobs  # noqa: E402
from irf7bone.study.records import record_path  # noqa: E402
from irf7bone.study.run_lock import INHERITED, RunningElsewhere, clear, hold  # noqa: E402
from irf7bone.study.strict_yaml import read_configs  # noqa: E402

SNAKEMAKE = (sys.executable, str(PROJECT / "tools/terminal"), "--logger", "irf7bone")
ALWAYS = ("--scheduler", "greedy", "--rerun-incomplete")
SUMMARY, REPORT = "results/summary.json", "results/report/index.html"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_CHILD_SUBREAPER = 36  # Linux: orphans of what is started here come back here


def main(arguments: list[str]) -> int:
    """Run Snakemake with these arguments; its code, or 128 and the signal that stopped it."""
    parser = argparse.ArgumentParser(description="Run the workflow; other arguments are Snakemake's")
    parser.add_argument("--directory", type=Path, default=Path(), help="the folder to run in")
    parser.add_argument("--configfile", type=Path, nargs="*", default=[], help="the study")
    given = parser.parse_known_args(arguments)[0]
    folder = given.directory
    try:
        read_configs(given.configfile)  # before Snakemake reads it with plain YAML, which may take all memory
        lock = hold(folder)
    except (RunningElsewhere, InputError) as error:
        print(f"irf7bone: {error}", file=sys.stderr)
        return 1
    stopped: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if not stopped:
            stopped.append(number)
            _end_all()

    _adopt_orphans()
    heard = [number for number in SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in heard:
        signal.signal(number, stop)
    held = {} if lock is None else {INHERITED: str(lock)}
    unlocked = ["--nolock"] if lock is None else []  # nothing can be written there, a lock neither
    with (
        own_homes(folder, os.environ) as homes,
        subprocess.Popen(
            [*SNAKEMAKE, *ALWAYS, *unlocked, *arguments],
            env=homes | held,
            pass_fds=() if lock is None else (lock,),
            preexec_fn=_deaf,
        ) as run,
    ):
        if stopped:  # before there was anything to end
            _end_all()
        code = run.wait()
    with contextlib.suppress(OSError):
        (folder / ".snakemake/locks").mkdir(
            exist_ok=True
        )  # looked for, and missed in a run that is read-only now
    if not stopped:
        for job in killed_jobs(folder) if code else ():
            print(f"irf7bone: {job}", file=sys.stderr)
        if not code:
            say_result(folder)
        return code
    _end_all()
    clear(folder)
    say_stopped(stopped[0])
    return 128 + stopped[0]


def say_result(folder: Path) -> None:
    """The verdict in one line, where cohorts were asked, and where the report is."""
    made = json.loads((folder / record_path("build_report", [])).read_text(encoding="utf-8"))["outputs"]
    if SUMMARY in made:  # the file of a run with cohorts stays where the next one has none
        summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
        print(f"irf7bone: {summary['headline']}")
    print(f"irf7bone: the report is {(folder / REPORT).absolute()}")


def say_stopped(number: int) -> None:
    """The one line of a run that was stopped."""
    with contextlib.suppress(OSError):  # the terminal may be gone
        name = signal.Signals(number).name
        bar = "\r\x1b[K" if os.isatty(2) else ""  # is written over
        os.write(2, f"{bar}irf7bone: stopped by {name}; the same command goes on from here\n".encode())


def _stop_early(number: int, frame: FrameType | None) -> None:
    say_stopped(number)
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


if __name__ == "__main__":
    for heard in SIGNALS:
        if signal.getsignal(heard) is not signal.SIG_IGN:
            signal.signal(heard, _stop_early)
    sys.exit(main(sys.argv[1:]))

"""A full disk, closed folders and spent memory: one message, never a trace."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from irf7bone.base.machine import of_the_machine

SCRIPTS = Path(__file__).resolve().parents[3] / "workflow" / "scripts"


def run(folder: Path, body: str) -> str:
    """What a script says that begins as every script does; it must fail."""
    script = "from irf7bone.base.errors import report_plainly\nreport_plainly('log')\n" + textwrap.dedent(
        body
    )
    call = [sys.executable, "-c", script]
    environment = {**os.environ, "PYTHONPATH": str(SCRIPTS)}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert (folder / "log").read_text(encoding="utf-8") == done.stderr
    return done.stderr


def test_a_full_disk_is_one_message(tmp_path):
    if not os.access("/dev/full", os.W_OK):
        pytest.skip("no /dev/full here")
    said = run(tmp_path, "with open('/dev/full', 'w') as stream: stream.write('x' * 100000)")
    assert "No space left on device" in said and "MB free in" in said and "goes on from here" in said
    assert "Traceback" not in said


def test_spent_memory_is_one_message(tmp_path):
    said = run(
        tmp_path,
        """
        import resource
        resource.setrlimit(resource.RLIMIT_AS, (10**9, 10**9))
        bytearray(2 * 10**9)
        """,
    )
    assert "none left when it held" in said and "CORES=1" in said and "Traceback" not in said


def test_what_lies_behind_a_librarys_exception_is_found():
    try:
        try:
            raise OSError(errno.EROFS, "Read-only file system", "results/x.h5ad")
        except OSError as error:
            raise RuntimeError("unable to create file") from error
    except RuntimeError as error:
        said = of_the_machine(error)
    assert said.startswith("results/x.h5ad") and "Read-only file system" in said


def test_a_defect_keeps_its_trace(tmp_path):
    assert "Traceback" in run(tmp_path, "1 / 0")
    assert of_the_machine(ZeroDivisionError()) == ""

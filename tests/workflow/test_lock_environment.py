"""How one resolution becomes two locks; a uv that answers from made-up files stands in for the real one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
HEAD = "# made by hand\n"
NUMPY = (
    "numpy==2.4.6 \\\n    --hash=sha256:aa\n    # via\n    #   -r envs/requirements.in\n    #   lifelines\n"
)
WINDOWS = "tzdata==1.0 ; sys_platform == 'win32' \\\n    --hash=sha256:bb\n    # via numpy\n"
LIFELINES = "lifelines==0.30.3 \\\n    --hash=sha256:cc\n    # via -r envs/requirements-tests.in\n"

# Asked for both it writes the file `both`, for a run alone `run`, and it notes what the file held before.
FAKE_UV = """\
#!/bin/sh
echo "$*" >>calls
case "$*" in *requirements-tests.in*) answer=both ;; *) answer=run ;; esac
while [ "$1" != -o ]; do shift; done
cp "$2" "held-before-$answer"
cp "$answer" "$2"
"""


@pytest.fixture
def project(tmp_path):
    for folder in ("envs", "tools", "bin"):
        (tmp_path / folder).mkdir()
    shutil.copy(PROJECT / "tools" / "lock_environment.sh", tmp_path / "tools")
    (tmp_path / "envs" / "requirements.lock").write_text("old run\n")
    (tmp_path / "envs" / "requirements-tests.lock").write_text("old tests\n")
    (tmp_path / "bin" / "uv").write_text(FAKE_UV)
    (tmp_path / "bin" / "uv").chmod(0o755)
    (tmp_path / "both").write_text(HEAD + LIFELINES + NUMPY + WINDOWS)
    # alone, a run may need the same package on fewer systems
    (tmp_path / "run").write_text(
        HEAD + NUMPY.replace("2.4.6 ", "2.4.6 ; sys_platform == 'linux' ") + WINDOWS
    )
    return tmp_path


def lock(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a project."""
    return subprocess.run(
        ["sh", "tools/lock_environment.sh", *options],
        cwd=project,
        env={**os.environ, "PATH": f"{project / 'bin'}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )


def locks(project: Path) -> tuple[str, str]:
    """The lock of a run and that of tests."""
    run, tests = project / "envs" / "requirements.lock", project / "envs" / "requirements-tests.lock"
    return run.read_text(), tests.read_text()


def test_each_package_goes_to_one_lock_as_both_together_resolved_it(project):
    done = lock(project, "--upgrade-package", "numpy")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert locks(project) == (HEAD + NUMPY + WINDOWS, HEAD + LIFELINES)
    assert (project / "held-before-both").read_text() == "old run\nold tests\n"  # whose versions uv keeps
    assert (project / "held-before-run").read_text() == (project / "both").read_text()
    together, alone = (project / "calls").read_text().splitlines()
    assert together.endswith(" --upgrade-package numpy") and "--generate-hashes" in together
    assert "--upgrade" not in alone


def test_a_run_that_resolves_to_other_versions_is_refused(project):
    (project / "run").write_text(HEAD + NUMPY.replace("2.4.6", "2.5.0"))
    done = lock(project)
    assert done.returncode == 1
    assert done.stderr.splitlines()[0] == "numpy==2.5.0"
    assert "Nothing was written" in done.stderr
    assert locks(project) == ("old run\n", "old tests\n")

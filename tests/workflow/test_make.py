"""What `make` does on machines of every kind; a Python that only takes notes stands in for the real one."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
COMMANDS = (
    "awk",
    "cat",
    "cp",
    "cut",
    "flock",
    "make",
    "mkdir",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "sleep",
    "touch",
)
LOCK = """\
# made by hand
numpy==2.4.6 \\
    --hash=sha256:aa
setuptools==84.2.1 \\
    --hash=sha256:bb \\
    --hash=sha256:cc
    # via -r envs/requirements.in
wrapt==2.5.2 \\
    --hash=sha256:dd
"""
TESTS_LOCK = """\
# made by hand
ruff==0.17.6 \\
    --hash=sha256:ee
"""

WITHOUT_HELP = ("study", "with-tests")  # what other goals ask for
SITE = ".venv/lib/python3/site-packages"

# Answers what the set-up asks of a Python and writes down every other call. A file of that name beside the
# project makes it lack venv, stop at pip, or fail in pip (before or while it installs) or Snakemake.
FAKE_PYTHON = """\
#!/bin/sh
case "$*" in
*sys.version_info*) echo {version}; exit ;;
*ensurepip*) [ ! -e no-venv ]; exit ;;
esac
echo "$*" >>calls
case "$*" in
"-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin {site}; cp "$0" .venv/bin/python ;;
*" install "*" -r "*builder.txt) cat .venv/builder.txt >builder ;;
*" install "*)
    while [ -e pip-waits ]; do touch pip-is-waiting; sleep 0.05; done
    if [ -e pip-fails ]; then echo "ERROR: no index" >&2; exit 1; fi
    if [ -e pip-fails-late ]; then mkdir {site}/half; echo "ERROR: no space" >&2; exit 1; fi
    case "$*" in *"-r envs/requirements.lock"*) mkdir {site}/numpy ;; esac
    case "$*" in *"-r envs/requirements-tests.lock"*) mkdir {site}/ruff ;; esac
    touch .venv/installed ;;
*make_report.py*)
    echo "${{PYTHONPATH-unset}} ${{PYTHONHOME-unset}} ${{PYTHONDONTWRITEBYTECODE-unset}}" >job-environment
    if [ -e snakemake-fails ]; then echo "config.yaml, cohorts: found nothing" >&2; exit 1; fi ;;
esac
"""


@dataclass
class Machine:
    """A copy of the project's outside and a PATH with few commands on it."""

    project: Path
    commands: Path
    variables: dict[str, str] = field(default_factory=dict)

    def has_python(self, name: str, version: str) -> None:
        """Put a Python on the PATH."""
        (self.commands / name).write_text(FAKE_PYTHON.format(version=version, site=SITE), encoding="utf-8")
        (self.commands / name).chmod(0o755)

    def has(self, name: str) -> None:
        """Make the Python misbehave from now on."""
        (self.project / name).touch()

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start make and return at once."""
        return subprocess.Popen(
            ["make", *arguments],
            cwd=self.project,
            env={"PATH": str(self.commands), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def make(self, *arguments: str) -> tuple[int, list[str], list[str]]:
        """Run make; its code, and the lines of its output and of its errors."""
        run = self.start(*arguments)
        output, errors = run.communicate(timeout=60)
        return run.returncode, output.splitlines(), errors.splitlines()

    def calls(self) -> list[str]:
        """What the Pythons were asked for since this was last called."""
        file = self.project / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        file.unlink(missing_ok=True)
        return lines

    def refusal(self, *arguments: str) -> str:
        """The one line that a make which cannot go on says, beside make's own."""
        code, output, errors = self.make(*arguments)
        assert (code, output) == (2, [])
        [line, end] = errors
        assert end.startswith("make: ***")
        return line


@pytest.fixture
def machine(tmp_path):
    made = Machine(tmp_path / "project", tmp_path / "commands")
    for folder in (made.project / "envs", made.project / "tools", made.commands):
        folder.mkdir(parents=True)
    shutil.copy(PROJECT / "Makefile", made.project)
    shutil.copy(PROJECT / "tools" / "setup_environment.sh", made.project / "tools")
    (made.project / "envs" / "requirements.lock").write_text(LOCK, encoding="utf-8")
    (made.project / "envs" / "requirements-tests.lock").write_text(TESTS_LOCK, encoding="utf-8")
    for command in COMMANDS:
        if found := shutil.which(command):
            (made.commands / command).symlink_to(found)
    return made


@pytest.fixture
def ready(machine):
    """A machine whose environment stands."""
    machine.has_python("python3", "3.12")
    assert machine.make("environment")[0] == 0
    assert machine.calls()
    return machine


def made_anew(machine: Machine, *arguments: str) -> bool:
    """Whether make set the environment up from nothing, and it stands now."""
    code, _, errors = machine.make("environment", *arguments)
    assert (code, errors) == (0, [])
    assert (machine.project / ".venv" / "installed").exists()
    return "-m venv --clear .venv" in machine.calls()


def test_make_alone_lists_every_goal(machine):
    code, output, _ = machine.make()
    phony = re.search(r"^\.PHONY: (.*)$", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert code == 0
    assert [line.split()[1] for line in output] == [
        goal for goal in phony[1].split() if goal not in WITHOUT_HELP
    ]
    assert machine.calls() == []


def test_without_python_one_line_says_what_is_needed(machine):
    line = machine.refusal("report")
    assert "needs Python 3.11, 3.12 or 3.13" in line
    assert "found no python3." in line
    assert "make report PYTHON=" in line


@pytest.mark.parametrize("version", ["2.7", "3.10", "3.14"])
def test_an_unsupported_python_is_named(machine, version):
    machine.has_python("python3", version)
    assert f"found python3 is {version}." in machine.refusal("report")
    assert machine.calls() == []


def test_a_python_without_venv_is_named_with_the_package_that_has_it(machine):
    machine.has_python("python3", "3.12")
    machine.has("no-venv")
    assert "python3 (3.12) has no venv (Debian, Ubuntu: apt install python3.12-venv)" in machine.refusal(
        "test"
    )


def test_a_command_with_no_python_behind_it_counts_as_none(machine):
    (machine.commands / "python3").write_text(
        "#!/bin/sh\necho 'no such version' >&2\nexit 127\n", encoding="utf-8"
    )
    (machine.commands / "python3").chmod(0o755)
    assert "found no python3." in machine.refusal("report")


def test_the_first_suitable_python_is_taken(machine):
    machine.has_python("python3", "3.10")
    machine.has_python("python3.12", "3.12")
    _, output, _ = machine.make("environment")
    assert "Python 3.12" in output[0]


def test_a_named_python_is_taken_and_no_other(machine):
    machine.has_python("python3", "3.13")
    machine.has_python("mine", "3.11")
    assert "found no nonesuch." in machine.refusal("report", "PYTHON=nonesuch")
    _, output, _ = machine.make("environment", "PYTHON=mine")
    assert "Python 3.11" in output[0]


def test_setting_up_installs_the_lock_and_nothing_else(machine):
    machine.has_python("python3", "3.12")
    code, output, errors = machine.make("environment")
    assert (code, len(output), errors) == (0, 2, [])
    venv, builder, packages, compiled = machine.calls()
    assert venv == "-m venv --clear .venv"
    for call in (builder, packages):
        assert {"install", "--require-hashes", "--no-deps"} <= set(call.split())
    assert (machine.project / "builder").read_text(encoding="utf-8").splitlines() == LOCK.splitlines()[3:6]
    assert packages.endswith("--no-build-isolation -r envs/requirements.lock")
    assert compiled.startswith("-m compileall")


def test_an_environment_that_stands_is_left_alone(ready):
    assert ready.make("environment") == (0, [], [])
    assert ready.calls() == []


def test_a_python_that_went_missing_afterwards_does_not_matter(ready):
    (ready.commands / "python3").unlink()
    assert not made_anew(ready)


@pytest.mark.parametrize("part", ["bin/python", ".made_from"])
def test_half_an_environment_is_made_anew(ready, part):
    (ready.project / ".venv" / part).unlink()
    (ready.project / ".venv" / "left-over").touch()
    assert made_anew(ready)
    assert not (ready.project / ".venv" / "left-over").exists()


def test_another_lock_makes_it_anew(ready):
    (ready.project / "envs" / "requirements.lock").write_text(
        LOCK.replace("2.5.2", "2.5.3"), encoding="utf-8"
    )
    assert made_anew(ready)
    assert not made_anew(ready)


def test_another_python_makes_it_anew(ready):
    ready.has_python("python3.13", "3.13")
    assert made_anew(ready, "PYTHON=python3.13")
    assert not made_anew(ready, "PYTHON=python3.13")
    assert not made_anew(ready)


def test_a_moved_project_gets_a_new_environment(ready):
    ready.project = ready.project.rename(ready.project.with_name("moved"))
    assert made_anew(ready)


def test_a_failed_installation_is_said_and_tried_again(machine):
    machine.has_python("python3", "3.12")
    machine.has("pip-fails")
    code, _, errors = machine.make("report")
    assert code == 2
    assert errors[0] == "ERROR: no index"
    assert "could not be installed" in errors[1]
    assert len(errors) == 3
    assert not any("snakemake" in call for call in machine.calls())
    (machine.project / "pip-fails").unlink()
    assert made_anew(machine)


def packages(machine: Machine) -> set[str]:
    """What is installed, half or whole."""
    return {path.name for path in (machine.project / SITE).iterdir()}


NEEDED = {
    "report": {"numpy"},
    "check": {"numpy"},
    "card": {"numpy"},
    "lock": {"numpy"},
    "compare": {"numpy"},
    "verify": {"numpy"},
    "crate": {"numpy"},
    "environment": {"numpy"},
    "test": {"numpy", "ruff"},
    "oracles": {"numpy", "ruff"},
    "calibrate": {"numpy", "ruff"},
    "bench": {"numpy", "ruff"},
    "lint": {"numpy", "ruff"},
}


@pytest.mark.parametrize("goal", NEEDED)
def test_each_goal_sets_up_what_it_needs(machine, goal):
    machine.has_python("python3", "3.12")
    (machine.project / "tools" / "install_oracles.sh").touch()
    code, _, errors = machine.make(goal, "ACCESSION=GSE1", "A=a", "B=b")
    assert (code, errors) == (0, [])
    assert packages(machine) == NEEDED[goal]


def test_what_tests_need_is_added_to_what_stands_and_then_left_alone(ready):
    code, output, errors = ready.make("with-tests")
    assert (code, len(output), errors) == (0, 2, [])
    install, compiled = ready.calls()
    assert install.endswith("--no-build-isolation -r envs/requirements-tests.lock")
    assert {"--require-hashes", "--no-deps"} <= set(install.split())
    assert compiled.startswith("-m compileall")
    assert packages(ready) == {"numpy", "ruff"}
    for goal in ("with-tests", "environment", "with-tests"):
        assert ready.make(goal) == (0, [], [])
    assert ready.calls() == []


def test_another_lock_of_tests_makes_it_anew_for_tests_only(ready):
    ready.make("with-tests")
    ready.calls()
    lock = ready.project / "envs" / "requirements-tests.lock"
    lock.write_text(TESTS_LOCK.replace("0.17.6", "0.17.7"), encoding="utf-8")
    assert ready.make("environment") == (0, [], [])
    assert ready.calls() == []
    (ready.project / SITE / "left-over").mkdir()
    assert ready.make("with-tests")[0] == 0
    assert "-m venv --clear .venv" in ready.calls()
    assert packages(ready) == {"numpy", "ruff"}


@pytest.mark.parametrize(("failure", "whole"), [("pip-fails", True), ("pip-fails-late", False)])
def test_adding_that_failed_leaves_the_run_and_is_tried_again(ready, failure, whole):
    ready.has(failure)
    code, _, errors = ready.make("test")
    assert code == 2 and "could not be installed" in errors[1]
    assert not any("pytest" in call for call in ready.calls())
    assert ready.make("environment") == (0, [], [])
    (ready.project / failure).unlink()
    assert ready.make("with-tests")[0] == 0
    from_nothing = "-m venv --clear .venv" in ready.calls()
    assert from_nothing is not whole  # where half of it may be there
    assert packages(ready) == {"numpy", "ruff"}
    assert ready.make("with-tests") == (0, [], [])


def test_adding_that_was_killed_is_tried_again(ready):
    ready.has("pip-waits")
    with ready.start("test") as run:
        wait_for_pip(ready)
        os.killpg(run.pid, signal.SIGKILL)
    (ready.project / "pip-waits").unlink()
    assert packages(ready) == {"numpy"}
    assert ready.make("environment") == (0, [], [])
    assert ready.make("with-tests")[0] == 0
    assert packages(ready) == {"numpy", "ruff"}


def wait_for_pip(machine: Machine) -> None:
    """Until pip is at work."""
    for _ in range(400):
        if (machine.project / "pip-is-waiting").exists():
            return
        time.sleep(0.05)
    raise TimeoutError("pip was not called")


def test_a_setup_killed_in_the_middle_is_repaired(machine):
    machine.has_python("python3", "3.12")
    machine.has("pip-waits")
    with machine.start("report") as run:
        wait_for_pip(machine)
        os.killpg(run.pid, signal.SIGKILL)
    (machine.project / "pip-waits").unlink()
    assert not (machine.project / ".venv" / "installed").exists()
    assert made_anew(machine)


@pytest.mark.skipif(not shutil.which("flock"), reason="this machine has no flock")
def test_of_two_setups_at_once_the_second_waits(machine):
    machine.has_python("python3", "3.12")
    machine.has("pip-waits")
    with machine.start("environment") as first:
        wait_for_pip(machine)
        with machine.start("environment") as second:
            assert "waiting" in second.stdout.readline()
            (machine.project / "pip-waits").unlink()
            assert (first.wait(60), second.wait(60)) == (0, 0)
    assert machine.calls().count("-m venv --clear .venv") == 1


def test_a_path_that_snakemake_cannot_work_in_is_refused(machine):
    machine.has_python("python3", "3.12")
    machine.project = machine.project.rename(machine.project.with_name("my project"))
    assert "spaces or shell characters; move" in machine.refusal("report")


def test_report_runs_the_default_study_in_an_environment_of_its_own(ready):
    ready.variables = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "elsewhere", "PYTHONHOME": "elsewhere"}
    assert ready.make("report")[:2] == (0, [])
    [call] = ready.calls()
    assert call == "tools/make_report.py --cores all"
    assert "--configfile" not in call
    assert (ready.project / "job-environment").read_text(encoding="utf-8") == "unset unset unset\n"


def test_report_of_another_study(ready):
    (ready.project / "study.yaml").touch()
    assert ready.make("report", "STUDY=study.yaml", "CORES=1")[:2] == (0, [])
    [call] = ready.calls()
    assert "--cores 1 " in call
    assert call.endswith("--directory study --configfile study.yaml")
    assert ready.make("report", "STUDY=study.yaml", "DIR=other/place")[:2] == (0, [])
    assert ready.calls()[0].endswith("--directory other/place --configfile study.yaml")


def test_a_study_whose_folder_would_be_the_file_itself_is_refused(ready):
    (ready.project / "study").touch()
    assert ready.refusal("report", "STUDY=study") == "irf7bone: STUDY=study: name it .yaml"


def test_a_study_that_is_not_there_is_said_before_anything_is_set_up(machine):
    assert machine.refusal("report", "STUDY=stduy.yaml") == "irf7bone: STUDY=stduy.yaml: no such file"


def test_a_failed_run_shows_its_message_and_no_report(ready):
    ready.has("snakemake-fails")
    assert ready.refusal("report") == "config.yaml, cohorts: found nothing"


def test_real_python_and_pip_take_these_calls(machine):
    for lock in ("requirements.lock", "requirements-tests.lock"):
        (machine.project / "envs" / lock).write_text("# no packages\n", encoding="utf-8")
    for goal in ("environment", "with-tests"):
        code, _, errors = machine.make(goal, f"PYTHON={sys.executable}")
        assert (code, errors) == (0, [])
    python = machine.project / ".venv" / "bin" / "python"
    call = [python, "-c", "import pip, sys; print(sys.prefix)"]
    done = subprocess.run(call, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == machine.project / ".venv"
    assert machine.make("with-tests") == (0, [], [])

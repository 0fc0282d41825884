"""A headless Chromium and the made-up study's report with its real figures."""

from __future__ import annotations

import pickle
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from madeup import study as made
from madeup.made_once import made_once
from madeup.report import make_inputs, plot_figures

from irf7bone.report.html.build import build_report
from irf7bone.report.inputs import ReportInputs

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # as root there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
TITLE = '<script>alert("x")</script> & co'


def chromium_path() -> str | None:
    """Where this machine has a Chromium; None where it has none that starts."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        return None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60)
    return found if said.returncode == 0 else None


@pytest.fixture(scope="session")
def browser() -> Iterator:
    path = chromium_path()
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(NAMES)} is installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield started
        started.close()


@dataclass
class Opened:
    """A page with all that it asked for and said."""

    page: object
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


@contextmanager
def opener(browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file in a context of its own; further arguments are the context's."""
    contexts = []

    def go(file: Path, *, fragment: str = "", width: int = 1400, height: int = 900, **options) -> Opened:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(20_000)
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("request", lambda request: opened.requests.append(request.url))
        opened.page.on("console", lambda message: opened.said.append(message.text))
        opened.page.on("pageerror", lambda error: opened.said.append(str(error)))
        opened.page.on("dialog", lambda dialog: (opened.said.append(dialog.message), dialog.dismiss()))
        opened.page.goto(file.as_uri() + fragment)
        return opened

    yield go
    for context in contexts:
        context.close()


@pytest.fixture
def visit(browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file for one test."""
    with opener(browser) as go:
        yield go


@pytest.fixture(scope="module")
def visit_for_all(browser) -> Iterator[Callable[..., Opened]]:
    """Opens a file for all tests of a module, which look at it and change nothing."""
    with opener(browser) as go:
        yield go


@pytest.fixture(scope="session")
def drawn(tmp_path_factory) -> Path:
    """The made-up study with figures as a run draws them, and a title that would run if it were not text.

    It takes long to draw, so that all workers share the inputs of its report and the page.
    """

    def make(folder: Path) -> None:
        config, cohorts = made.config(), {name: made.cohort(name) for name in made.HAS}
        inputs = make_inputs(folder / "figures", config, made.cards(alpha=TITLE), cohorts)
        plot_figures(folder / "figures", config, cohorts, inputs)
        (folder / "inputs.pickle").write_bytes(pickle.dumps(inputs))
        (folder / "index.html").write_text(build_report(inputs), encoding="utf-8")

    return made_once(tmp_path_factory, "drawn", make)


@pytest.fixture(scope="session")
def inputs(drawn) -> ReportInputs:
    return pickle.loads((drawn / "inputs.pickle").read_bytes())


@pytest.fixture(scope="session")
def report(drawn) -> Path:
    return drawn / "index.html"

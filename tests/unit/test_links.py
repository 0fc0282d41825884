"""Links between the documents, and their names in code, lead somewhere; every document is in the index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "data/**/*.md", "studies/**/*.md", "tests/**/*.md")
    for path in PROJECT.glob(pattern)
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# a document that code, rules, cards or pages name by its path
NAMED = re.compile(r"(?<![\w./-])docs/[\w/]+\.(?:md|png|svg)")
SOURCES = (
    "workflow/**/*",
    "tools/**/*",
    "tests/**/*.py",
    "data/**/*.yaml",
    "studies/*.yaml",
    "envs/*.in",
    "*",
)
TEXT = {".py", ".smk", ".j2", ".js", ".yaml", ".sh", ".in", ".md", ".rst", ".toml", ""}


def headings(page: Path) -> set[str]:
    """Anchors of a page, as GitHub makes them of its headings."""
    lines = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def dead_links(page: Path) -> list[str]:
    """Relative links of a page that lead to no file, or to no heading of it."""
    dead = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in headings(target)):
            dead.append(link)
    return dead


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_no_link_of_a_page_is_dead(page):
    assert dead_links(page) == []


def test_a_dead_link_and_a_dead_anchor_are_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A b, c\n[x](page.md#a-b-c) [y](gone.md) [z](#d) [w](https://example.org/gone)", "utf-8"
    )
    assert dead_links(page) == ["gone.md", "#d"]


def test_every_document_that_is_named_is_there():
    files = {path for pattern in SOURCES for path in PROJECT.glob(pattern) if path.suffix in TEXT}
    files -= {PROJECT / "CHANGELOG.md"}  # names documents as they lay then
    missing = {
        (str(path.relative_to(PROJECT)), name)
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
        for name in NAMED.findall(path.read_text(encoding="utf-8", errors="ignore"))
        if not (PROJECT / name).exists()
    }
    assert missing == set()


def test_the_index_lists_every_document():
    index = PROJECT / "docs" / "README.md"
    listed = {(index.parent / link).resolve() for link in LINK.findall(index.read_text(encoding="utf-8"))}
    assert {path.resolve() for path in PROJECT.glob("docs/**/*.md")} - {index.resolve()} <= listed


def test_the_readme_can_be_read_in_one_go():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


PACKAGE = PROJECT / "workflow" / "scripts" / "irf7bone"
FOR_DEVELOPERS = (PROJECT / "CONTRIBUTING.md", PROJECT / "docs" / "development" / "map_of_the_code.md")
CODE = re.compile(r"`((?:[\w-]+/)+[\w.-]+\.(?:py|smk|yaml|js|j2|bib|sh))`")
IN_CODE = re.compile(r"`([A-Za-z_]\w*)`\s+(?:of|in)\s+`((?:[\w-]+/)+\w+\.py)`")
OF_THE_EXAMPLE = {"outcome/watched.py", "tests/unit/outcome/test_watched.py"}


def code_of(name: str) -> Path | None:
    """The file that a page for developers calls so: seen from the project, its workflow, or the package."""
    places = (root / name for root in (PROJECT, PROJECT / "workflow", PACKAGE))
    return next((path for path in places if path.exists()), None)


def names_that_are_not_there(text: str) -> list[str]:
    """Files that are not there, and names that are not defined at the top of the file said to hold them."""
    missing = [name for name in CODE.findall(text) if name not in OF_THE_EXAMPLE and not code_of(name)]
    for name, file in IN_CODE.findall(text):
        path = code_of(file)
        defined = path and re.search(rf"^(?:def |class )?{name}\b", path.read_text("utf-8"), re.MULTILINE)
        if not defined:
            missing.append(f"{name} of {file}")
    return missing


@pytest.mark.parametrize("page", FOR_DEVELOPERS, ids=lambda page: page.name)
def test_code_that_a_page_names_is_there(page):
    text = page.read_text(encoding="utf-8")
    assert len(CODE.findall(text)) > 10 and names_that_are_not_there(text) == []


def test_names_of_code_that_are_gone_are_found():
    text = "`RULES` of\n`verdict/rules.py`, `Rule` of `verdict/rules.py`, `verdict/gone.py`"
    assert names_that_are_not_there(text) == ["verdict/gone.py", "Rule of verdict/rules.py"]

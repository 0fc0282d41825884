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

"""Gene matrix transposed (GMT): a set a line, its name, a description, its genes, separated by tabs.

Import stays light (no pandas, no numpy): the check of a config needs the names only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from irf7bone.base.errors import Problems

# the description of a derived signature without genes, which is a finding; any other empty set is a mistake
NO_GENE = "too few genes passed the rule that derives this signature"


@dataclass(frozen=True)
class GmtLine:
    """One line of a GMT."""

    name: str
    genes: tuple[str, ...]
    file: Path
    number: int
    description: str = ""

    @property
    def where(self) -> str:
        """File, line and set, for messages."""
        return f"{self.file}, line {self.number}, set {self.name}"


def read_gmts(files: Sequence[Path], problems: Problems) -> list[GmtLine]:
    """Every set of the files and folders, each file once; what cannot be read is noted."""
    paths: dict[Path, Path] = {}
    for entry in map(Path, files):
        if entry.is_dir():
            found = sorted(entry.glob("*.gmt"))
            if not found:
                problems.add(
                    str(entry),
                    expected="a folder with GMT files (*.gmt)",
                    found="no such file",
                    remedy="put a GMT there, or name another folder",
                )
        elif entry.is_file():
            found = [entry]
        else:
            found = []
            problems.add(
                str(entry),
                expected="a GMT file, or a folder of them",
                found="nothing there",
                remedy="correct the path",
            )
        # a file that is named, and stands in a folder that is named, is read once
        paths.update({path.resolve(): path for path in found if path.resolve() not in paths})
    return [line for path in paths.values() for line in _read_gmt(path, problems)]


def _read_gmt(path: Path, problems: Problems) -> list[GmtLine]:
    text = read_utf8(path, problems)
    if text is None:
        return []
    if text.lstrip().startswith("<"):
        problems.add(
            str(path),
            expected="tab-separated text: name, description, genes",
            found=f"html or xml, beginning {text.lstrip()[:40]!r}",
            remedy="download the GMT itself (MSigDB shows a page to log in first), not the page around it",
        )
        return []
    lines, short = [], []
    for number, raw in enumerate(text.splitlines(), start=1):
        cells = [cell.strip() for cell in raw.split("\t")]
        if not any(cells):
            continue
        if cells[1:] == [NO_GENE]:
            lines.append(GmtLine(cells[0], (), path, number))
            continue
        if len(cells) < 3 or not cells[0]:
            short.append(f"line {number}: {raw[:60]!r}")
            continue
        line = GmtLine(cells[0], tuple(cell for cell in cells[2:] if cell), path, number, cells[1])
        if not line.genes:
            problems.add(
                line.where,
                expected="at least one gene after name and description",
                found="an empty set",
                remedy="give it genes, or delete the line",
            )
        lines.append(line)
    if short:
        problems.add(
            str(path),
            expected="at least three columns (name, description, genes), separated by tabs",
            found=f"{len(short)} lines with fewer, or without a name",
            remedy="put a tab after the name, after the description (which may be empty), and between genes",
            offenders=short,
        )
    elif not lines:
        problems.add(
            str(path),
            expected="one gene set a line",
            found="an empty file",
            remedy="fetch the file again, or remove it from the list",
        )
    return lines


def read_utf8(path: Path, problems: Problems) -> str | None:
    """The text of a file, or None where it is no UTF-8, which is noted."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        compressed = raw.startswith((b"\x1f\x8b", b"PK\x03\x04"))
        line = raw.count(b"\n", 0, error.start) + 1
        problems.add(
            str(path),
            expected="text in UTF-8",
            found="a compressed file"
            if compressed
            else f"byte 0x{raw[error.start]:02x} in line {line}, which is not",
            remedy="decompress it" if compressed else "save it as UTF-8 text (iconv -f latin1 -t utf-8)",
        )
        return None

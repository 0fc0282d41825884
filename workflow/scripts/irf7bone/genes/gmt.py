"""Gene sets as they stand in files: GMT, and the table of where each set comes from.

Import stays light (no pandas, no numpy): the check of a config needs the names only.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from irf7bone.base.errors import Problems

PROVENANCE_FILE = "provenance.tsv"
PROVENANCE_COLUMNS = (
    "signature", "role", "citation", "pmid", "source", "licence", "how_obtained", "sha256", "n_genes", "note",
)  # fmt: skip
ROLES = (
    "interferon",
    "irf7",
    "proliferation",
    "immune",
    "control",
    "composition",
    "tumour",
    "derived",
    "user",
)
# the description of a derived signature without genes, which is a finding; any other empty set is a mistake
NO_GENE = "too few genes passed the rule that derives this signature"


@dataclass(frozen=True)
class GmtLine:
    """One line of a GMT.

    Args:
        name: Its first cell.
        genes: From its third on; empty for a derived signature without genes.
        file: The GMT.
        number: Of the line, from 1.
        description: Its second cell.
    """

    name: str
    genes: tuple[str, ...]
    file: Path
    number: int
    description: str = ""

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.file}, line {self.number}, set {self.name}"


def read_lines(files: Sequence[Path], problems: Problems) -> list[GmtLine]:
    """Every set of GMT files, or of the ``*.gmt`` in folders; notes what cannot be read."""
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
    text = _read_text(path, problems)
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


def _read_text(path: Path, problems: Problems) -> str | None:
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


def pair_lines(lines: Sequence[GmtLine], problems: Problems) -> dict[str, tuple[GmtLine, GmtLine | None]]:
    """Sets by name, with ``NAME_UP`` and ``NAME_DN`` put together where both are there."""
    by_name: dict[str, list[GmtLine]] = defaultdict(list)
    for line in lines:
        by_name[line.name].append(line)
    stems = {name[:-3] for name in by_name if name.endswith("_UP") and f"{name[:-3]}_DN" in by_name}
    for name, same in by_name.items():
        clashing = [*same, *by_name[f"{name}_UP"]] if name in stems else same
        if len(clashing) > 1:
            problems.add(
                f"set {name}",
                expected="each name once in all GMT files together (NAME_UP and NAME_DN make NAME)",
                found=f"{len(clashing)} sets of this name",
                remedy="rename or remove all but one",
                offenders=[f"{line.name} in {line.file}, line {line.number}" for line in clashing],
            )
    pairs: dict[str, tuple[GmtLine, GmtLine | None]] = {}
    for name, (first, *_) in by_name.items():
        if name[:-3] not in stems or name[-3:] not in ("_UP", "_DN"):
            pairs[name] = (first, None)
        elif name.endswith("_UP"):
            pairs[name[:-3]] = (first, by_name[f"{name[:-3]}_DN"][0])
    return pairs


def read_provenance(folder: Path, problems: Problems) -> dict[str, dict[str, str]]:
    """Rows of the folder's provenance table by signature; none where there is no table."""
    path = folder / PROVENANCE_FILE
    text = _read_text(path, problems) if path.is_file() else None
    if text is None:
        return {}
    reader = csv.DictReader(text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)
    header = tuple(reader.fieldnames or ())
    if sorted(header) != sorted(PROVENANCE_COLUMNS):
        problems.add(
            str(path),
            expected=f"the columns {', '.join(PROVENANCE_COLUMNS)}",
            found=f"{', '.join(header) or 'an empty file'}",
            remedy="add what is missing (cells may be empty) and take out what is too much",
        )
        return {}
    rows: dict[str, dict[str, str]] = {}
    for number, row in enumerate(reader, start=2):
        name = row["signature"]
        if None in row or None in row.values():
            found = "another number of cells"
        elif name in rows:
            found = f"a second row for {name}"
        elif row["role"] not in ROLES:
            found = f"role {row['role']!r} for {name}"
        else:
            rows[name] = row
            continue
        problems.add(
            f"{path}, line {number}",
            expected=f"{len(PROVENANCE_COLUMNS)} cells, each signature once, role one of {', '.join(ROLES)}",
            found=found,
            remedy="correct the line",
        )
    return rows

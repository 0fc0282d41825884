"""A text read a block of lines at a time gives what the text read whole gives, messages included."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire import large_text, table, text
from irf7bone.base.errors import InputError


@pytest.fixture
def both(monkeypatch):
    """A function that reads a file whole and by blocks; what each gave or said."""

    def read(path: Path, genes_in: str = "rows") -> list[object]:
        found: list[object] = []
        monkeypatch.setattr(text, "BLOCK", 700)
        for limit in (1 << 40, 0):
            monkeypatch.setattr(large_text, "LARGE_BYTES", limit)
            try:
                found.append(table._expression_from_text(path, samples_in_columns=genes_in == "rows"))
            except InputError as error:
                found.append(str(error))
        return found

    return read


def write(folder: Path, *, packed: bool = False, **changes: str) -> Path:
    """Sixty rows of five columns, some cells replaced: ``r12_c3="soon"``."""
    values = pd.DataFrame(np.random.default_rng(1).normal(8, 2, (60, 5)).round(3)).astype(str)
    values.columns, values.index = list("ABCDE"), [f"G{i}" for i in range(60)]
    for place, cell in changes.items():
        row, column = (int(part[1:]) for part in place.split("_"))
        values.iloc[row, column] = cell
    content = values.to_csv(index_label="gene").encode()
    path = folder / ("a.csv.gz" if packed else "a.csv")
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("genes_in", ["rows", "columns"])
def test_numbers_ids_and_checksum(tmp_path, both, packed, genes_in):
    whole, by_blocks = both(write(tmp_path, packed=packed, r3_c1="NA", r50_c4=""), genes_in)
    np.testing.assert_array_equal(whole[0], by_blocks[0])
    assert np.isnan(whole[0]).sum() == 2 and whole[1:] == by_blocks[1:]
    side_by_side = by_blocks[0].T if genes_in == "rows" else by_blocks[0]
    assert side_by_side[0].flags.c_contiguous


def test_cells_that_are_no_numbers_are_counted_over_all_blocks(tmp_path, both):
    whole, by_blocks = both(write(tmp_path, r2_c1="soon", r40_c3="1,5", r55_c0="x"))
    assert whole.startswith(by_blocks.partition("first")[0]) or "3 cells" in by_blocks
    for part in ("3 cells that are not numbers", "'soon' (row G2, column B)", "'x' (row G55, column A)"):
        assert part in whole and part in by_blocks


def line_of(path: Path, number: int, change: bytes) -> Path:
    lines = path.read_bytes().split(b"\n")
    lines[number - 1] = change
    path.write_bytes(b"\n".join(lines))
    return path


@pytest.mark.parametrize(
    "line", [b"G50,1,2,3", b'G50,"1,2,3,4,5', b"G\xe9,1,2,3,4,5", b"G50,1,2,3,4,5\r6", b"G50,\x00,2,3,4,5"]
)
def test_a_broken_line_is_named_by_its_number_in_the_file(tmp_path, both, line):
    whole, by_blocks = both(line_of(write(tmp_path), 52, line))
    assert isinstance(whole, str) and "line 52" in whole and whole == by_blocks


def test_a_header_alone_and_thousands_are_refused_alike(tmp_path, both):
    alone = tmp_path / "b.csv"
    alone.write_text("gene,A,B\n", encoding="utf-8")
    whole, by_blocks = both(alone)
    assert "a header only" in whole and whole == by_blocks
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 5_000, (60, 5))
    marked = pd.DataFrame(
        np.where(counts < 1000, counts.astype(str), [[f"{v / 1000:.3f}" for v in r] for r in counts])
    )
    marked.to_csv(alone, index_label="gene")
    whole, by_blocks = both(alone)
    assert "seems to be" in whole and "seems to be" in by_blocks


def test_more_text_than_is_read_says_what_to_do(tmp_path, both, monkeypatch):
    monkeypatch.setattr(text, "UNPACKED_LIMIT", 1_000)
    _, by_blocks = both(write(tmp_path))
    assert "at most 1000 bytes of text" in by_blocks and "source: h5ad" in by_blocks

"""The table contracts: what is written comes back to the last digit, and every violation is named at once."""

from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.errors import InputError
from irf7bone.tables.cohort import COVERAGE
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.pooled import POOLED


@pytest.fixture
def pooled() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    names = ["signature", "method", "endpoint", "model", "reason"]
    n = 300
    numbers = {c.name: rng.random(n) for c in POOLED.columns if c.name not in names}
    frame = pd.DataFrame(numbers).assign(
        signature=[f"00{i}" for i in range(n)], method="zscore", endpoint="bone", model="unadjusted",
        k=2, n=10, n_events=5, status="ok", reason=None,
    )  # fmt: skip
    return frame[POOLED.names]


def test_written_tables_come_back_to_the_last_digit(pooled, tmp_path):
    path = tmp_path / "pooled.tsv"
    POOLED.write(pooled, path)
    back = POOLED.read(path)
    assert (back["log_hr"].to_numpy() == pooled["log_hr"].to_numpy()).all()
    assert back["signature"].tolist() == pooled["signature"].tolist(), "ids stay text"
    POOLED.write(back, tmp_path / "again.tsv")
    assert path.read_bytes() == (tmp_path / "again.tsv").read_bytes()


def test_rounding_takes_no_number_beyond_its_bound(tmp_path):
    """Sums in another order, as another processor takes them, end a few last digits beyond 1."""
    columns = (Column("name", "text", ""), Column("r", "number", "", nullable=True, low=-1, high=1))
    table = Table("x", key=("name",), columns=columns)
    numbers = [1 + 4e-16, -1 - 4e-16, 1 - 4e-16, 1e-12, 1 + 1e-10, np.nan, 0.3]
    frame = pd.DataFrame({"name": list("abcdefg"), "r": numbers})
    table.write(frame, tmp_path / "x.tsv")
    assert frame["r"][0] == 1 + 4e-16, "the caller's own numbers stay"
    assert table.read(tmp_path / "x.tsv")["r"].fillna(9).tolist() == [1, -1, 1 - 4e-16, 1e-12, 1, 9, 0.3]
    for beyond in (1.0001, -1.0001, np.inf, -np.inf):
        with pytest.raises(InputError) as caught:
            table.write(frame.assign(r=beyond), tmp_path / "y.tsv")
        assert "between -1 and 1" in caught.value.problems[0].expected
    assert not (tmp_path / "y.tsv").exists()


def test_an_id_called_NA_stays_text(tmp_path):
    frame = pd.DataFrame(
        {"cohort": ["NA"], "signature": ["007"], "n_genes": [3], "n_genes_used": [3], "coverage": [1.0],
         "agreement": [0.98], "agreement_least_in": ["NA"], "agreement_cohorts": ["NA,x"], "missing": [None],
         "discordant": [None], "status": ["ok"], "reason": [None]}
    )  # fmt: skip
    COVERAGE.write(frame, tmp_path / "c.tsv")
    back = COVERAGE.read(tmp_path / "c.tsv")
    assert (
        back.loc[0, "cohort"] == "NA" and back.loc[0, "signature"] == "007" and back.loc[0, "reason"] is None
    )


def test_no_text_is_a_formula_in_a_spreadsheet_and_all_come_back(pooled, tmp_path):
    texts = ["=cmd|' /C calc'!A0", "+1", "-a", "@x", "'=1", "''-2", "'plain", "a=b", "0"]
    pooled = pooled.head(len(texts)).assign(signature=texts)
    POOLED.write(pooled, tmp_path / "pooled.tsv")
    cells = [line.split("\t") for line in (tmp_path / "pooled.tsv").read_text(encoding="utf-8").splitlines()]
    written = [row[cells[0].index("signature")] for row in cells[1:]]
    assert not any(text.startswith(("=", "+", "-", "@")) for text in written)
    assert written[4:] == ["''=1", f"'{texts[5]}", "'plain", "a=b", "0"]
    assert POOLED.read(tmp_path / "pooled.tsv")["signature"].tolist() == texts


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz", ".parquet"])
def test_marks_of_a_spreadsheet_are_taken_back_however_a_table_is_packed(suffix, tmp_path):
    table = Table("x", key=("name",), columns=(Column("name", "text", "a name"),))
    written = pd.DataFrame({"name": ["=1", "'=1", "''", "-", "plain", "'plain", "\tx", "\rx"]})
    table.write(written, tmp_path / f"x{suffix}")
    pd.testing.assert_frame_equal(table.read(tmp_path / f"x{suffix}"), written)


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz"])
def test_no_line_end_in_a_text_ends_its_row(suffix, tmp_path):
    columns = (Column("name", "text", ""), Column("n", "number", "", nullable=True))
    table = Table("x", key=("name",), columns=columns)
    written = pd.DataFrame(
        {"name": ["a\rb", "a\r\nb", "a\nb", 'a"\rb', "NA", "a"], "n": [1, None, 0.1, 2, 3, 4]}
    )
    table.write(written, tmp_path / f"x{suffix}")
    pd.testing.assert_frame_equal(table.read(tmp_path / f"x{suffix}"), written)


@pytest.mark.parametrize("suffix", [".tsv", ".tsv.gz"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "No columns to parse"),
        ("name\tflag\tn\na\tyes\t1\n", "flag|bool"),
        ("name\tflag\tn\na\tNA\t1\n", "flag|bool"),
        ("name\tflag\tn\na\tTrue\t1,5\n", "1,5"),
        ("name\tflag\tn\na\n", "flag|bool|NA"),
        ('name\tflag\tn\n"a\tTrue\t1\n', "EOF inside string"),
        ("name\tflag\tn\n\xe9\tTrue\t1\n", "utf-8"),
    ],
)
def test_a_broken_file_is_named_and_no_flag_is_guessed(text, found, suffix, tmp_path):
    columns = (Column("name", "text", ""), Column("flag", "flag", ""), Column("n", "integer", ""))
    content, file = text.encode("latin-1"), tmp_path / f"x{suffix}"
    file.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
    with pytest.raises(InputError, match=found) as refused:
        Table("x", key=("name",), columns=columns).read(file)
    assert str(file) in str(refused.value) and "makes it anew" in str(refused.value)


def test_all_violations_are_raised_together_and_nothing_is_written(pooled, tmp_path):
    bad = pooled.copy()
    bad.loc[0, "status"] = "crashed"
    bad.loc[1, "p"] = 1.5
    bad.loc[2, ["status", "reason"]] = ["too_few_events", "3 events"]  # but carries an estimate
    bad.loc[3, "log_hr"] = np.nan  # but says ok
    bad.loc[5, "signature"] = bad.loc[4, "signature"]
    with pytest.raises(InputError) as error:
        POOLED.write(bad, tmp_path / "bad.tsv")
    said = str(error.value)
    for word in (
        "crashed",
        "1.5",
        "NA where status is not ok",
        "finite number where status is ok",
        "one row for each",
    ):
        assert word in said
    assert list(tmp_path.iterdir()) == []


def test_unknown_and_missing_columns_are_named(pooled):
    with pytest.raises(InputError, match=r"missing \['tau2'\], unknown \['variance'\]"):
        POOLED.check(pooled.rename(columns={"tau2": "variance"}), "made")

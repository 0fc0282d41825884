"""A planned row that is missing is an error in every table that must be complete."""

from __future__ import annotations

import pytest
from madeup import study as made

from irf7bone.base.errors import InputError
from irf7bone.tables.completeness import missing_rows, refuse_missing_rows
from irf7bone.tables.outcome import ASSOCIATIONS

PLANNED = {
    "signature": made.SIGNATURES, "method": made.METHODS, "endpoint": made.ENDPOINTS, "model": made.MODELS,
}  # fmt: skip


@pytest.fixture
def associations():
    return made.cohort("beta").associations


def test_a_whole_table_has_nothing_missing(associations):
    assert missing_rows(ASSOCIATIONS, associations, "here", PLANNED) == []


def test_a_row_or_all_of_a_signature_that_is_gone_is_named(associations):
    [problem] = missing_rows(ASSOCIATIONS, associations.drop(index=3), "here", PLANNED)
    row = associations.loc[3, list(ASSOCIATIONS.key)]
    assert problem.found == "1 missing" and problem.offenders == [" / ".join(row)]
    rest = associations[associations["signature"] != "IRF7"]
    assert missing_rows(ASSOCIATIONS, rest, "here", {}) == []  # seen only against the settings
    [problem] = missing_rows(ASSOCIATIONS, rest, "here", PLANNED)
    assert problem.found == f"{(associations['signature'] == 'IRF7').sum()} missing"


def test_tables_of_a_run_are_read_and_others_passed_over(associations, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = "results/associations/beta.tsv"
    ASSOCIATIONS.write(associations.iloc[:-1], path)
    with pytest.raises(InputError, match="a row for every planned result"):
        refuse_missing_rows([path, "results/figures/beta", "results/tables/nowhere.tsv"], PLANNED)

"""Ids of samples and genes that programs changed: refused with the rule that mends them."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml
from madeup.cases import TRUTH, log_hr

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.damaged_names import REPAIRS, looks_excel_damaged
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, fetch_all
from irf7bone.download.lock import lock_path
from irf7bone.genes.signatures import load_library
from irf7bone.harmonise.cohort import harmonise
from irf7bone.harmonise.matching import proposed_rule
from irf7bone.study.cohort_checks import load_card


def refused(case, symbols) -> str:
    with pytest.raises(InputError) as caught:
        case.harmonise(symbols)
    return str(caught.value)


def rename_some(case, change) -> None:
    """Other ids for 160 of the 200 patients of the clinical table."""
    some = set(case.clinical.index[:160])
    case.clinical.index = [change(name) if name in some else name for name in case.clinical.index]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda name: "X" + name, {"strip_prefix": "X"}),
        (lambda name: name + "-01A", {"strip_suffix": "-01A"}),
    ],
)
def test_160_of_200_ids_with_something_before_or_behind(case, symbols, change, rule):
    rename_some(case, change)
    [(key, value)] = rule.items()
    said = refused(case, symbols)
    assert "160 of 200" in said and f'ids: {{{key}: "{value}"}}' in said and "would match 160 more" in said
    case.card["ids"] = rule
    found = case.harmonise(symbols)
    assert found.adata.n_obs == 200
    assert log_hr(found, symbols) == pytest.approx(TRUTH, abs=5e-4)


def test_ids_with_another_separator_need_the_rule(case, symbols):
    case.clinical.index = [name.replace("T", "T-") for name in case.clinical.index]
    case.expression.columns = [name.replace("T", "T.") for name in case.expression.columns]
    assert "separator" in refused(case, symbols)
    case.card["ids"] = {"separator": "-"}
    assert case.harmonise(symbols).adata.n_obs == 200


def test_more_than_a_fifth_unmatched_needs_a_statement_and_a_fifth_does_not(case, symbols):
    case.clinical = case.clinical.iloc[41:]
    said = refused(case, symbols)
    assert "41 of 200" in said and "unmatched: expected" in said and "ids:" not in said
    case.card["unmatched"] = "expected"
    assert case.harmonise(symbols).adata.n_obs == 159
    del case.card["unmatched"]
    lost = case.expression.columns.difference(case.clinical.index)
    case.card["exclude"] = [{"samples": list(lost[:2]), "reason": "no consent"}]
    assert case.harmonise(symbols).adata.n_obs == 159  # 39 of 198: those excluded are not missed


def test_a_clinical_table_that_holds_all_that_were_measured_is_merely_the_larger(case, symbols):
    """What was not measured cannot be misread; ids written otherwise leave samples alone on both sides."""
    case.expression = case.expression.iloc[:, 130:]
    found = case.harmonise(symbols)
    assert found.adata.n_obs == 70
    assert found.flow.set_index("reason").loc["no expression", "n_dropped"] == 130
    # three measured samples that nobody describes are too many strangers
    case.clinical = case.clinical.drop(index=case.expression.columns[:3])
    assert case.harmonise(symbols).adata.n_obs == 67
    case.clinical = case.clinical.drop(index=case.expression.columns[3:5])
    assert "130 of 195" in refused(case, symbols)


def test_a_rule_that_would_make_two_ids_one_is_not_proposed():
    measured, described = pd.Index(["A1", "A2"]), pd.Index(["A1x", "A2x", "A1"])
    assert proposed_rule(measured, described) == ({}, 0)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("dots", lambda name: name.replace("-", ".")),
        ("copy_number", lambda name: name + "-1"),
        ("copy_number", lambda name: name + ".1"),
        ("symbol_and_id", lambda name: name + "|12345"),
        ("ensembl_and_symbol", lambda name: "ENSG00000185507_" + name),
        ("ensembl_and_symbol", lambda name: "ENSG00000185507.14|" + name),
    ],
)
def test_symbols_that_a_program_changed_are_refused_and_repaired_by_the_stated_rule(
    case, symbols, rule, change
):
    before = case.expression.index
    changed = [change(name) for name in before]
    n_changed = sum(new != old for new, old in zip(changed, before, strict=True))
    case.expression.index = changed
    if n_changed >= 7:
        assert f"repair: [{rule}]" in refused(case, symbols)
    case.card["expression"]["repair"] = [rule]
    found = case.harmonise(symbols)
    assert found.adata.n_vars >= 0.99 * len(before)
    assert log_hr(found, symbols) == pytest.approx(TRUTH, abs=5e-3)


def test_clean_symbols_are_changed_by_no_rule_and_seven_dots_are_seen(case, symbols):
    """Seven genes of the human leukocyte antigens with dots, among 3,076: more than a few odd names."""
    dashes = [
        name
        for name in sorted(symbols.symbols)
        if name.startswith("HLA-") and name not in case.expression.index
    ][:7]
    case.expression.index = [*(name.replace("-", ".") for name in dashes), *case.expression.index[7:]]
    case.expression = case.expression[~case.expression.index.duplicated()]
    assert "7 with a dot for every dash" in refused(case, symbols)
    case.card["expression"]["repair"] = []
    assert not set(dashes) & set(case.harmonise(symbols).adata.var_names)


@pytest.mark.parametrize(
    "name",
    ["01. Mrz", "1-mars", "01-déc", "2-set", "02. Sep", "3-févr.", "2-ago", "1-Mär", "10-okt", "2-Sep-21"],
)
def test_dates_of_spreadsheets_in_other_languages(name):
    assert looks_excel_damaged(name)


@pytest.mark.parametrize("name", ["OCT-4", "SEPT2", "MARCH1", "DEC1", "SET", "MAG-12", "2-oxo", "NOV"])
def test_names_of_genes_are_no_dates(name):
    assert not looks_excel_damaged(name) or name == "MAG-12"


def test_dates_in_a_gene_set_or_a_table_are_named(cases, case, symbols):
    with pytest.raises(InputError, match=r"02\. Sep, 01\. Mrz"):
        load_library([cases / "gmt" / "excel_de.gmt"], symbols)
    case.expression.index = ["01. Mrz", "1-déc", *case.expression.index[2:]]
    said = refused(case, symbols)
    assert "2 that a spreadsheet turned into dates" in said and "01. Mrz, 1-déc" in said


def test_every_repair_leaves_whole_symbols_alone(symbols):
    """Only names that are no gene's are changed, and two of the rules touch no current symbol anyway."""
    for rule, repair in REPAIRS.items():
        changed = [name for name in symbols.symbols if repair(name) != name]
        if rule in ("symbol_and_id", "ensembl_and_symbol"):
            assert not changed


def test_a_key_spelt_two_ways_in_a_geo_series_is_one_column(cases, tmp_path, monkeypatch, symbols):
    monkeypatch.chdir(tmp_path)
    text = yaml.safe_load((cases / "geo" / "gse10002.yaml").read_text(encoding="utf-8"))
    for column in ("os_months", "OS_months"):
        text["endpoints"]["death"]["time"]["from"] = column
        (tmp_path / "gse10002.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
        card = load_card(tmp_path / "gse10002.yaml")
        lock = lock_path(card.path)
        fetch_all(remote_files(card), tmp_path / "got", lock=lock, mirror=str(cases / "geo" / "mirror"))
        acquired = acquire(card, Downloads(tmp_path / "got", lock))
        assert acquired.clinical["os_months"].notna().sum() == 60
        assert "OS_months" not in acquired.clinical
        assert acquired.sources[-1]["spelt"] == {"OS_months": "os_months"}
        obs = harmonise(acquired, card, symbols).adata.obs
        assert obs["death_event"].notna().sum() == 60

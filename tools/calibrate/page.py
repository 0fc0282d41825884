"""docs/statistics/calibration.md, written from the tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from calibrate.described import sections
from calibrate.verdict_page import verdict_page
from irf7bone.report.sentences.calibration_warnings import METHOD_WORDS, caution
from irf7bone.tables.calibration import VERDICT_CALIBRATION, VERDICT_FILE, read_calibration

TITLE = "# Calibration\n"
INTRODUCTION = """
How often the methods err where the truth is known: `make calibrate` simulates it, this page is written from
its tables (`data/calibration/`), and the report warns beside every primary result whose kind missed its
level in cohorts of about its number of events (`irf7bone.report.sentences.calibration_warnings.caution`).

    make calibrate                      # everything
    make calibrate PARTS="pooling"      # one part; the names are those of the tables

{cohorts:,} null cohorts of each size (286 patients with 69 events are GSE2034), each with five scores without
effect; a quarter as many for each planted effect. Seed {seed}. Shares
in per cent, with one Monte Carlo standard error where a column has one; the numbers of trials are in the
tables. In bold what lies outside 4-6 % (tests at 5 %) or 93.5-96.5 % (95 % intervals) by more than one such
error, from 400 trials on. The cohorts: relapse to bone competes with relapse elsewhere, both driven by
proliferation, ER, node and grade; follow-up of 2 to 15 years in whole months. A score of no effect goes
with what its model holds (r about 0.5 with proliferation, and with ER), so that an adjustment that failed
would show. Methods are chosen by the events as in the workflow, so that a row ends where another estimator
takes over.
"""
MODELS = ("unadjusted", "proliferation", "clinical", "full", "none")


def write_page(tables: Path, page: Path, cohorts: int, seed: int) -> None:
    """Write the page from the tables that are there.

    Args:
        tables: Folder of tables.
        page: File to write.
        cohorts: Null cohorts of the main regimes.
        seed: Seed.
    """
    table = read_calibration(sorted(tables.glob("*.tsv")))
    parts = [TITLE, INTRODUCTION.format(cohorts=cohorts, seed=seed)]
    single = table[table["n_events"].notna()]
    tests = single[single["quantity"] == "type_i_error"]
    parts += ["## True nulls rejected at 5 %\n", _by_regime(tests[tests["method"] != "pooled_p"])]
    covered = single[single["quantity"] == "coverage"]
    parts += ["## Truth held by 95 % intervals\n", _by_regime(covered, planted=True)]
    found = single[single["quantity"] == "power"]
    parts += ["## Planted effects found at 5 % (power)\n", _by_regime(found, planted=True)]
    parts += ["## Pooling\n", POOLING, _pooling(table)]
    parts += ["## Correlations with immune scores\n", _plain(table[table["method"] == "immune_correlation"])]
    parts += ["## Random signatures\n", RANDOM, _plain(table[table["quantity"] == "share_of_p"])]
    inside = table[table["method"].str.startswith("cells_")]
    parts += ["## Single cells\n", CELLS, _plain(inside)]
    parts += ["## Experiments\n", EXPERIMENTS, _plain(table[table["method"].str.startswith("experiment_")])]
    parts += sections(tables)
    parts += ["## Where the report warns\n", _warnings(single)]
    if (tables / VERDICT_FILE).is_file():
        parts += ["## The verdict\n", verdict_page(VERDICT_CALIBRATION.read(tables / VERDICT_FILE))]
    page.write_text("\n".join(part.strip("\n") + "\n" for part in parts), encoding="utf-8")


CELLS = """
Data sets of eight patients in which nothing is lost: malignant cells of patients and samples that differ (0.6
and 0.3 log2 of the programme), added up to one sample a patient and site. Tests over patients err in 5 % of
them or less. A test that takes cells for patients does not: it is shown for that alone, and the workflow has
none.
"""
EXPERIMENTS = """
Groups that do not differ, and such whose programme falls by 0.5 log2: 300 expressed genes, of which 20 are
the programme and go together; where the row says so 150 that are not expressed, of which 20 more are in the
list. Three against three has no row of relabelling: it cannot reach 5 %. Rows that speak of animals: several
samples of one are correlated (`replicates` with `how: correlation`).
"""
POOLING = """
Estimates around effects that differ by tau2, cohorts of 14 to 150 events, pooled hazard ratio 0.8. The
modified Knapp-Hartung interval is wide by intention where cohorts agree: with two it hardly excludes
anything. Prediction intervals are too narrow where there is a little heterogeneity, because tau2 is then
often estimated as 0.
"""
RANDOM = """
Outcome driven by proliferation alone. A named signature that is one more random set has uniform p values,
unadjusted and adjusted, while its own p values are mostly "significant" unadjusted. A module of genes that go
together, linked to outcome through proliferation only, has p values that are uniform or larger: the
comparison errs on the careful side.
"""


def _share(row: pd.Series, *, error: bool = False) -> str:
    said = f"{100 * row['share']:.1f}"
    if error:
        said += f" ± {100 * row['mc_error']:.1f}"
    return said if row["verdict"] in ("held", "described") else f"**{said}**"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _by_regime(table: pd.DataFrame, *, planted: bool = False) -> str:
    """One row for each method, model (and effect), one column for each size of cohort."""
    if table.empty:
        return "Not simulated."
    table = table.assign(
        order=table["model"].map(list(MODELS).index),
        place=table["method"].map(list(METHOD_WORDS).index),
        alone=table["n_competing"] == 0,
    )
    columns = list(dict.fromkeys(table.sort_values(["alone", "n"], kind="stable")["regime"]))
    keys = ["method", "endpoint", "model", *(["planted"] if planted else [])]
    table = table.sort_values(["place", "endpoint", "order", "planted"], kind="stable")
    rows = []
    for key, group in table.groupby(keys, sort=False):
        method, endpoint, model = key[:3]
        by = {row["regime"]: _share(row, error=True) for _, row in group.iterrows()}
        words = [METHOD_WORDS[method], endpoint.replace("_", " "), model]
        if planted:
            words.append(f"{np.exp(key[3]):.1f}")
        rows.append([*words, *(by.get(column, "") for column in columns)])
    head = ["method", "endpoint", "model", *(["HR"] if planted else []), *columns]
    return _markdown(head, rows)


def _pooling(table: pd.DataFrame) -> str:
    names = ("pooled_p", "pooled_interval", "prediction_interval", "tau2_interval")
    rows = table[table["method"].isin(names)]
    found: dict[str, dict[str, str]] = {}
    for _, row in rows.iterrows():
        column = f"{row['method'].replace('_', ' ')}, {row['quantity'].replace('_', ' ')}"
        found.setdefault(row["regime"], {})[column] = _share(row)
    columns = list(dict.fromkeys(column for row in found.values() for column in row))
    return _markdown(
        ["cohorts", *columns],
        [[regime, *(row.get(column, "") for column in columns)] for regime, row in found.items()],
    )


def _plain(table: pd.DataFrame) -> str:
    rows = [
        [
            row["method"].replace("_", " "),
            row["model"],
            row["regime"],
            f"{row['planted']:g}",
            row["quantity"].replace("_", " "),
            _share(row, error=True),
        ]
        for _, row in table.iterrows()
    ]
    return _markdown(["method", "model", "cohorts", "truth", "what", "%"], rows)


def _warnings(table: pd.DataFrame) -> str:
    """Every sentence that a result of one cohort can get, and the events it stands for."""
    said = []
    keys = ["method", "model", "quantity", "n_events"]
    for method, model, quantity, n_events in table[keys].drop_duplicates().itertuples(index=False):
        if quantity in ("type_i_error", "coverage"):
            sentence = caution(table, method, model, int(n_events), quantity)
            if sentence:
                said.append(f"* {model}: {sentence}.")
    return "\n".join(dict.fromkeys(said)) or "Nowhere."

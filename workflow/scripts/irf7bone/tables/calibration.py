"""How often the methods erred in simulations, and the sentence that warns where they err too often.

The table is made by ``make calibrate`` and committed: the workflow reads it and simulates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.tables.contract import Column, Table

QUANTITIES = ("type_i_error", "coverage", "power", "share_of_p")
# inside these a method keeps its level: tests at 5 %, intervals at 95 %
TARGETS = {"type_i_error": (0.04, 0.06), "coverage": (0.935, 0.965)}
# with fewer the Monte Carlo error is above 1 %, and a share is shown without a verdict
FEWEST_TRIALS = 400
# below and above the target
MISSES = {"type_i_error": ("too seldom", "too often"), "coverage": ("too narrow", "too wide")}
VERDICTS = ("held", "too seldom", "too often", "too narrow", "too wide", "described")

CALIBRATION = Table(
    "data/calibration.tsv",
    key=("quantity", "method", "model", "endpoint", "regime", "planted"),
    columns=(
        Column(
            "quantity",
            "text",
            "type_i_error: true nulls rejected at 5 %; coverage: 95 % intervals that hold the truth; power: "
            "planted effects found at 5 %; share_of_p: empirical p values below 0.05",
            allowed=QUANTITIES,
        ),
        Column("method", "text", "estimator or test"),
        Column("model", "text", "crude, proliferation, clinical, full; none where there is none"),
        Column("endpoint", "text", "plain, cause_specific, subdistribution, sites; none elsewhere"),
        Column("regime", "text", "size of the simulated cohorts, in words"),
        Column("planted", "number", "log hazard ratio planted, or the truth that intervals should hold"),
        Column("n", "integer", "patients of a cohort", nullable=True, low=0),
        Column("n_events", "integer", "events of a cohort", nullable=True, low=0),
        Column("n_competing", "integer", "competing events of a cohort, on average", nullable=True, low=0),
        Column("trials", "integer", "tests or intervals simulated", low=1),
        Column("failed", "integer", "fits without a result, not among the trials", low=0),
        Column("share", "number", "share of the trials", low=0, high=1),
        Column("mc_error", "number", "Monte Carlo standard error of the share", low=0),
        Column(
            "verdict",
            "text",
            "whether the share lies within 4-6 % (tests) or 93.5-96.5 % (intervals), but for one mc_error; "
            "described: not judged, also where trials are under 400",
            allowed=VERDICTS,
        ),
    ),
)

METHOD_WORDS = {
    "cells_score_t": "t test of a score over patients",
    "cells_relabelling": "relabelling of patients",
    "cells_moderated_t": "moderated t of single genes over patients",
    "cells_per_cell": "Wilcoxon test over cells, never used",
    "cox": "Cox models",
    "firth": "Firth's Cox models",
    "fine_gray": "Fine-Gray models",
    "fine_gray_firth": "penalised Fine-Gray models",
    "proportional_hazards": "the test of proportional hazards",
    "site_ratio_cox": "the ratio of bone to other sites",
    "site_ratio_firth": "the penalised ratio of bone to other sites",
    "logistic": "logistic models of the relapsed",
    "firth_logistic": "Firth's logistic models of the relapsed",
    "five_year_change_cox": "the change at five years",
    "five_year_change_firth": "the penalised change at five years",
    "linearity_cox": "the test of a straight line",
    "linearity_firth": "the penalised test of a straight line",
    "gray": "Gray's test of tertiles",
    "logrank": "the log-rank test of tertiles",
    "er_stratum_cox": "Cox models within an ER stratum",
    "er_stratum_firth": "Firth's Cox models within an ER stratum",
    "er_interaction": "the difference between ER strata",
    "harrell_c": "Harrell's C",
    "uno_c": "Uno's C",
    "auc_60": "the AUC at five years",
    "immune_correlation": "correlations with immune scores",
    "pooled_p": "pooled results",
    "pooled_interval": "pooled results",
    "prediction_interval": "a further cohort (prediction)",
    "tau2_interval": "tau2",
}
# a cohort of more than twice or less than half the events is another kind of cohort
_FAR = float(np.log(2.0)) + 1e-9
_QUANTITY_OF_MISS = {verdict: quantity for quantity, pair in MISSES.items() for verdict in pair}


def read_calibration(paths: Sequence[Path | str]) -> pd.DataFrame:
    """All tables of a folder as one; empty where there is none.

    Raises:
        InputError: A table breaks its contract.
    """
    parts = [CALIBRATION.read(path) for path in paths]
    return CALIBRATION.cast(pd.concat(parts, ignore_index=True)) if parts else CALIBRATION.empty()


def caution(calibration: pd.DataFrame, method: str, model: str, n_events: int, quantity: str) -> str | None:
    """What to say beside a result whose kind erred in simulations of cohorts like its own.

    The cohorts like its own are the simulated ones whose number of events is nearest, as a ratio; where that
    is more than two, nothing is said.

    Args:
        calibration: :data:`CALIBRATION`.
        method: As there.
        model: The result's model; where the method was not simulated under it, under ``none`` or any other.
        n_events: Events of the result.
        quantity: type_i_error for a p value, coverage for an interval.

    Returns:
        A sentence, or None where the method kept its level or was not simulated.
    """
    rows = calibration[(calibration["method"] == method) & (calibration["quantity"] == quantity)]
    rows = rows[rows["n_events"].notna()]
    own = rows[rows["model"].isin([model, "none"])]
    rows = own if len(own) else rows
    if rows.empty or n_events < 1:
        return None
    events = rows["n_events"].to_numpy(dtype=float)
    distance = np.abs(np.log(events / n_events))
    return _worst(rows[distance <= min(distance.min() + 1e-9, _FAR)])


def pooled_caution(calibration: pd.DataFrame, method: str, k: int, quantity: str) -> str | None:
    """The same for a result over ``k`` cohorts: the nearest number of cohorts, whatever their tau2.

    Args:
        calibration: :data:`CALIBRATION`.
        method: pooled_p, pooled_interval, prediction_interval or tau2_interval.
        k: Cohorts pooled, two or more.
        quantity: type_i_error or coverage.
    """
    rows = calibration[(calibration["method"] == method) & (calibration["quantity"] == quantity)]
    rows = rows[rows["regime"].str.match(r"\d+ cohorts, ")]
    if rows.empty:
        return None
    cohorts = rows["regime"].str.split(" ").str[0].astype(int).to_numpy()
    distance = np.abs(np.log(cohorts / k))
    return _worst(rows[distance <= distance.min() + 1e-9])


def _worst(rows: pd.DataFrame) -> str | None:
    """The sentence of the row that is furthest from its level; None where none misses it."""
    missed = rows[rows["verdict"].isin(list(_QUANTITY_OF_MISS))]
    if missed.empty:
        return None
    level = missed["quantity"].map({"type_i_error": 0.05, "coverage": 0.95})
    row = missed.loc[(missed["share"] - level).abs().idxmax()]
    what, where = METHOD_WORDS[row["method"]], f"in simulations of {row['regime']}"
    share = f"{100 * row['share']:.1f} %"
    said = {
        "too often": f"p values of {what} are too small: {where}, {share} of true nulls had p < 0.05 "
        "(5 % would be right)",
        "too seldom": f"p values of {what} are cautious: {where}, {share} of true nulls had p < 0.05 "
        "(5 % would be right)",
        "too narrow": f"95 % intervals of {what} are too narrow: {where}, {share} held the truth",
        "too wide": f"95 % intervals of {what} are wide: {where}, {share} held the truth",
    }
    return said[row["verdict"]]

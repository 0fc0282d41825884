"""The sentence that warns beside a result whose kind erred too often in simulations."""

from __future__ import annotations

import numpy as np
import pandas as pd

from irf7bone.tables.calibration import MISSES

METHOD_WORDS = {
    "cells_score_t": "the t test of a score over patients",
    "cells_relabelling": "relabelling of patients",
    "cells_moderated_t": "the moderated t of single genes over patients",
    "cells_per_cell": "Wilcoxon's test over cells, never used",
    "experiment_score_t": "the t test of a score in an experiment",
    "experiment_relabelling": "relabelling in an experiment",
    "experiment_moderated_t": "the moderated t of single genes in an experiment",
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
    "pooled_p": "the Knapp-Hartung pool, which decides nothing,",
    "pooled_interval": "the Knapp-Hartung pool, which decides nothing,",
    "prediction_interval": "the Knapp-Hartung prediction of a further cohort, which decides nothing",
    "tau2_interval": "tau2",
}
# a cohort of more than twice or less than half the events is another kind of cohort
_FAR = float(np.log(2.0)) + 1e-9
_QUANTITY_OF_MISS = {verdict: quantity for quantity, pair in MISSES.items() for verdict in pair}


def caution(calibration: pd.DataFrame, method: str, model: str, n_events: int, quantity: str) -> str | None:
    """What to say beside a result whose kind erred in simulations of cohorts like its own.

    The cohorts like its own are the simulated ones whose number of events is nearest, as a ratio; where that
    is more than two, nothing is said.

    Args:
        calibration: :data:`irf7bone.tables.calibration.CALIBRATION`.
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
        calibration: :data:`irf7bone.tables.calibration.CALIBRATION`.
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
        "too often": f"p values of {what} are anti-conservative: {where}, the type I error was {share} "
        "(nominal: 5 %)",
        "too seldom": f"p values of {what} are conservative: {where}, the type I error was {share} "
        "(nominal: 5 %)",
        "too narrow": f"95 % intervals of {what} are too narrow: {where}, their coverage was {share}",
        "too wide": f"95 % intervals of {what} are wide: {where}, their coverage was {share}",
    }
    return said[row["verdict"]]

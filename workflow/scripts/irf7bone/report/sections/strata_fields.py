"""What the tables and figures of ER strata and of subtypes share."""

from __future__ import annotations

import pandas as pd

from irf7bone.base.phrases import p_value
from irf7bone.report.html.cell_markup import (
    Field,
    effect_cell,
    quoted_cell,
    say_count,
    say_number,
    say_status,
    say_text,
)

ASKED = (
    Field("Signature", "gene set", say_text("signature"), filtered=True, kept=True),
    Field("Endpoint", "outcome", say_text("endpoint"), filtered=True),
    Field("Model", "what the Cox model adjusts for", say_text("model"), filtered=True),
)
_STATUS = Field("Status", "whether there is an estimate, and why not", say_status)
FOUND_POOLED = (
    Field("Cohorts", "real cohorts with an estimate", say_count("k"), number=True),
    Field("n", "samples in these", say_count("n"), number=True),
    Field("Events", "in these", say_count("n_events"), number=True),
    Field("HR or ratio (95 % interval)", "Bayesian pool; of one cohort its own", quoted_cell, number=True),
    Field("p", "modified Knapp-Hartung; of one cohort its own", say_number("p", p_value), number=True),
    Field("q", "of p, Benjamini-Hochberg over this table", say_number("q", p_value), number=True),
    _STATUS,
)
FOUND_IN_COHORT = (
    Field("n", "samples in the fit", say_count("n"), number=True),
    Field("Events", "in the fit", say_count("n_events"), number=True),
    Field("HR per SD (95 % CI)", "one SD within the whole cohort", effect_cell, number=True),
    Field("p", "two-sided", say_number("p", p_value), number=True),
    _STATUS,
)


def diamonds(pooled: pd.DataFrame) -> str:
    """What the figure's diamonds are: nothing is pooled where each stratum is of one cohort."""
    several = (pooled["k"] > 1).fillna(False).any()
    return (
        "Diamonds: pooled, with the Bayesian interval, or of a single cohort its own."
        if several
        else "Diamonds: a single cohort's own."
    )

"""Bone against other sites: hazard ratios by site for each cohort, and the two contrasts under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.figures.forest import plot_forest
from irf7bone.figures.forest_tables import COLUMNS

# rows of a cohort from top to bottom, by the table's contrast
LABELS = {
    **{site: ENDPOINT_WORDS[site] for site in ("bone", "brain", "lung", "liver")},
    "other": "relapse at another site",
    "bone_minus_other": "bone HR / other-site HR",
    "bone_among_relapsed": "odds of bone among the relapsed (OR)",
}
_RATIOS = ("bone_minus_other", "bone_among_relapsed")
NOTHING = "No cohort of this study has the endpoint bone metastasis."


def sites_table(
    sites: pd.DataFrame, roles: Mapping[str, str], *, signature: str, method: str, models: Sequence[str]
) -> pd.DataFrame:
    """The numbers of the figure: one part a cohort, simulated cohorts after all patients.

    A cohort without bone, and a site that a cohort does not record, have no row here (``sites.tsv`` says so).

    Args:
        sites: :data:`irf7bone.tables.outcome.SITES` of every cohort.
        roles: Role of each cohort.
        signature: Signature to show.
        method: Scoring method to show.
        models: Models, one panel each.

    Returns:
        Columns of :data:`irf7bone.figures.forest_tables.COLUMNS`; ``hr`` is a hazard ratio, a ratio of hazard
        ratios or an odds ratio, as ``label`` says, per standard deviation more score.
    """
    chosen = sites[
        (sites["signature"] == signature) & (sites["method"] == method) & sites["model"].isin(list(models))
    ]
    seen = chosen[chosen["n"].notna()]
    with_bone = list(dict.fromkeys(seen.loc[seen["contrast"] == "bone", "cohort"]))
    rows = []
    for simulated in (False, True):
        for cohort in with_bone:
            if (roles[cohort] == "simulated") is simulated:
                own = seen[seen["cohort"] == cohort]
                for contrast in LABELS:
                    fits = own[own["contrast"] == contrast]
                    rows += [
                        _row(fit, "simulated" if simulated else "patients") for fit in fits.to_dict("records")
                    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def plot_sites(table: pd.DataFrame, models: Sequence[str], *, signature: str, method: str) -> Figure:
    """Draw the numbers of :func:`sites_table`, one panel a model, on a log axis.

    Args:
        table: The numbers.
        models: Models in panel order.
        signature: For the title.
        method: For the title.
    """
    title = f"Bone against other sites: {signature.replace('_', ' ')}, per SD of the score ({method})"
    return plot_forest(table, models, title=title, nothing=NOTHING)


def _row(fit: dict, block: str) -> dict[str, object]:
    """One estimate; contrasts are diamonds, so that no one takes them for a site."""
    return {
        "block": block,
        "heading": fit["cohort"],
        "label": LABELS[fit["contrast"]],
        "kind": "pooled" if fit["contrast"] in _RATIOS else "cohort",
        "model": fit["model"],
        "k": None,
        "n": fit["n"],
        "n_events": fit["n_events"],
        "hr": np.exp(fit["estimate"]),
        "hr_low": np.exp(fit["ci_low"]),
        "hr_high": np.exp(fit["ci_high"]),
        "se": fit["se"],
        "status": fit["status"],
        "reason": fit["reason"],
    }

"""Interferon of the malignant cells against NK and CD8 T cells of the same patient; the patient is the
unit.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from irf7bone.base.cells_vocabulary import OK, TOO_FEW_PATIENTS
from irf7bone.cells.rank_correlation import spearman

LEAST_PATIENTS = 8
SHOWN = 4


def cytotoxic_link(
    score: pd.Series, measures: pd.DataFrame, samples: pd.DataFrame, *, seed: int
) -> pd.DataFrame:
    """Rank correlations in each stratum, one sample a patient.

    Strata are the groups, and within the group of most patients its subtypes; two groups of one patient are
    never mixed. Under eight patients the correlation is shown and not tested.

    Args:
        score: Malignant cells' primary score, index sample.
        measures: Samples x measures of cytotoxic cells; missing where a sample has none.
        samples: Index sample; ``patient``, ``group``, ``subtype``.
        seed: Of random permutations.

    Returns:
        Columns of :data:`irf7bone.tables.cells.CYTOTOXIC_LINK` but ``data_set``.
    """
    rows = []
    for (group, subtype), members in strata(samples).items():
        stratum = group if subtype is None else f"{group}, {subtype}"
        for measure in measures.columns:
            pair = pd.DataFrame({"x": score, "y": measures[measure]}).reindex(members).dropna()
            named = {"stratum": stratum, "group": group, "subtype": subtype, "measure": measure}
            rows.append({**named, "n_patients": len(pair), **_test(pair, seed)})
    return pd.DataFrame(rows)


def strata(samples: pd.DataFrame) -> Mapping[tuple[str, str | None], pd.Index]:
    """Samples of each group, and of each subtype of the largest."""
    found: dict[tuple[str, str | None], pd.Index] = {
        (str(group), None): part.index for group, part in samples.groupby("group", sort=True)
    }
    if samples["subtype"].notna().any() and found:
        largest = max(found, key=lambda key: len(found[key]))
        within = samples.loc[found[largest]]
        found |= {(largest[0], str(name)): part.index for name, part in within.groupby("subtype", sort=True)}
    return found


def _test(pair: pd.DataFrame, seed: int) -> dict[str, object]:
    found = spearman(pair["x"].to_numpy(), pair["y"].to_numpy(), seed) if len(pair) >= SHOWN else None
    if found is None:
        return {"status": TOO_FEW_PATIENTS, "reason": f"{len(pair)} patients with both numbers"}
    if len(pair) < LEAST_PATIENTS:
        reason = f"{len(pair)} patients: shown, and not tested under {LEAST_PATIENTS}"
        return {"rho": found.rho, "status": TOO_FEW_PATIENTS, "reason": reason}
    return {
        "rho": found.rho,
        "ci_low": found.ci_low,
        "ci_high": found.ci_high,
        "p": found.p,
        "n_permutations": found.n_permutations,
        "permutation": "exact" if found.exact else "monte_carlo",
        "status": OK,
        "reason": None,
    }

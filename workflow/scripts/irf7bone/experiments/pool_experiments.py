"""Several experiments together: Hedges' g of contrasts of one meaning, simulated experiments apart.

The pool is that of the cohorts and of the single cells (:mod:`irf7bone.statistics.pooled_effect`). An
experiment counts once: with its first contrast of a meaning. What few samples cannot decide alone
(`relabelling_cannot_decide`) is in the pool with its standard error.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from irf7bone.base.experiment_vocabulary import DIRECTIONS, EXPECTED, TOO_FEW_EXPERIMENTS
from irf7bone.base.phrases import counted
from irf7bone.experiments.claim.pooled import decide_experiments
from irf7bone.experiments.claim.rules import NOT_SPECIFIC
from irf7bone.experiments.claim.sentences import difference_words, with_sign
from irf7bone.statistics.pooled_effect import pooled_numbers
from irf7bone.tables.experiment import SIGNATURES
from irf7bone.tables.pooled_experiments import (
    POOLED_EXPERIMENT_CLAIM,
    POOLED_EXPERIMENT_CONTRASTS,
    POOLED_EXPERIMENT_FOREST,
)

FEWEST = 2
NORMAL_975 = 1.959963984540054
POOLED = "pooled"
CASES = {
    "loss_in_bone": "bone lesions against primary tumours",
    "restoration": "Irf7 restored against not",
    "interferon_response": "interferon given against not",
}
OWN = ["role", "meaning", "signature", "method"]


def pool_experiments(
    roles: Mapping[str, str], tables: Mapping[str, Mapping[str, pd.DataFrame]]
) -> dict[str, pd.DataFrame]:
    """Pool what the experiments say.

    Args:
        roles: Experiment -> ``real`` or ``simulated``, in the order of the config.
        tables: ``signatures`` and ``claim`` -> experiment -> its table.

    Returns:
        ``contrasts``, ``claim`` and ``forest``, as :mod:`irf7bone.tables.pooled_experiments` has them.
    """
    claims = pd.concat([tables["claim"][name].assign(role=role) for name, role in roles.items()])
    claims = claims[claims["meaning"].map(EXPECTED) != 0].drop_duplicates(["experiment", "meaning"])
    rows = _rows(claims, tables["signatures"])
    contrasts = [
        dict(zip(OWN, key, strict=True)) | _pooled(part) for key, part in rows.groupby(OWN, sort=False)
    ]
    claim = _claims(claims, rows)
    return {
        "contrasts": _table(contrasts, POOLED_EXPERIMENT_CONTRASTS),
        "claim": _table(claim, POOLED_EXPERIMENT_CLAIM),
        "forest": _table(_forest(claim, rows), POOLED_EXPERIMENT_FOREST),
    }


def _rows(claims: pd.DataFrame, signatures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of SIGNATURES of these contrasts, with role, meaning and the contrast's own verdict."""
    facts = claims[["experiment", "contrast", "role", "meaning", "verdict"]]
    stacked = pd.concat([SIGNATURES.empty(), *signatures.values()], ignore_index=True)
    rows = facts.merge(stacked, on=["experiment", "contrast"])
    return rows.assign(n_samples=rows["n_case"].astype(int) + rows["n_reference"].astype(int))


def _pooled(part: pd.DataFrame) -> dict[str, object]:
    """What is pooled of one group of rows, or why nothing is."""
    usable = part[(part["status"] == "ok") & part["hedges_se"].notna()]
    facts: dict[str, object] = {
        "k": len(usable),
        "experiments": ", ".join(usable["experiment"]) or None,
        "n_samples": int(usable["n_samples"].sum()),
        "status": "ok",
        "reason": None,
    }
    if len(usable) < FEWEST:
        have = f"{counted(len(usable), 'experiment')} of {len(part)} with an estimate, {FEWEST} are needed"
        return facts | {"status": TOO_FEW_EXPERIMENTS, "reason": have}
    numbers = (usable[name].to_numpy(dtype=np.float64) for name in ("hedges_g", "hedges_se"))
    return facts | pooled_numbers(*numbers)


def _claims(claims: pd.DataFrame, rows: pd.DataFrame) -> list[dict[str, object]]:
    found = []
    for (role, meaning), part in claims.groupby(["role", "meaning"], sort=False):
        signature, method = part["signature"].iloc[0], part["method"].iloc[0]
        own = rows[(rows[OWN] == [role, meaning, signature, method]).all(axis=1)]
        whole, specific = _pooled(own), _pooled(own[own["verdict"] != NOT_SPECIFIC])
        verdict, rule = decide_experiments(EXPECTED[meaning], _interval(whole), _interval(specific))
        row = {"role": role, "meaning": meaning, "expected": DIRECTIONS[EXPECTED[meaning]]}
        row |= {"signature": signature, "method": method, **whole, "verdict": verdict, "rule": rule}
        row["n_not_specific"] = int((own["verdict"] == NOT_SPECIFIC).sum())
        found.append(row | {"sentence": _sentence(row)})
    return found


def _interval(pooled: Mapping[str, object]) -> tuple[float, float] | None:
    if pooled["status"] != "ok":
        return None
    return pooled["ci_low"], pooled["ci_high"]  # type: ignore[return-value]


def _sentence(row: Mapping[str, object]) -> str:
    """The pooled value in words."""
    if row["status"] != "ok":
        return f"Not pooled: {row['reason']}."
    made = "simulated " if row["role"] == "simulated" else ""
    numbers = difference_words(*(float(row[name]) for name in ("estimate", "ci_low", "ci_high")))  # type: ignore[arg-type]
    low, high = (with_sign(float(row[name])) for name in ("further_low", "further_high"))  # type: ignore[arg-type]
    return (
        f"In {row['k']} {made}experiments ({row['experiments']}), {CASES[str(row['meaning'])]}: the score of "
        f"{row['signature']} differs by {numbers} standard deviations within groups (Hedges' g); in a "
        f"further one it would lie between {low} and {high}."
    )


def _forest(claim: list[dict[str, object]], rows: pd.DataFrame) -> list[dict[str, object]]:
    """Every experiment's primary g, then what is pooled of them."""
    drawn: list[dict[str, object]] = []
    for pooled in claim:
        own = rows[(rows[OWN] == [pooled[name] for name in OWN]).all(axis=1)]
        for row in own.to_dict("records"):
            there = row["status"] == "ok" and pd.notna(row["hedges_se"])
            g, reach = (row["hedges_g"], NORMAL_975 * row["hedges_se"]) if there else (np.nan, np.nan)
            drawn.append(row | {"estimate": g, "ci_low": g - reach, "ci_high": g + reach})
        drawn.append(pooled | {"experiment": POOLED, "contrast": None})
    return drawn


def _table(rows: list[dict[str, object]], table) -> pd.DataFrame:
    return table.cast(pd.DataFrame(rows).reindex(columns=table.names)) if rows else table.empty()

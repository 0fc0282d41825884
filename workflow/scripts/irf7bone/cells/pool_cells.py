"""Several single-cell data sets together: contrasts and the link to cytotoxic cells, simulated ones apart.

Contrasts are pooled as Hedges' g, correlations as Fisher's z, by the Bayesian pool of the cohorts
(:mod:`irf7bone.statistics.normal_normal`). A data set counts once: with its first contrast of a meaning.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import BULK, MALIGNANT, OK, TOO_FEW_SETS
from irf7bone.base.experiment_vocabulary import DIRECTIONS, EXPECTED
from irf7bone.base.phrases import counted
from irf7bone.base.vocabulary import NOT_SPECIFIC
from irf7bone.cells.ambient import WARN_BELOW
from irf7bone.cells.pooled_claim import PooledEvidence, decide_pooled
from irf7bone.cells.rank_correlation import FISHER_VARIANCE
from irf7bone.statistics.normal_normal import pool_normal_normal
from irf7bone.tables.cells import CELL_SIGNATURES
from irf7bone.tables.pooled_cells import POOLED_CLAIM, POOLED_CONTRASTS, POOLED_FOREST, POOLED_LINKS

# half-normal prior of the standard deviation between data sets, of g and of z: Roever et al. 2021
PRIOR_SCALE = 0.5
FEWEST_SETS = 2
NORMAL_975 = 1.959963984540054
POOLED, LINK_SHOWN = "pooled", "clr_cytotoxic"
OWN = ["role", "meaning", "compartment", "signature", "method"]


def pool_data_sets(
    roles: Mapping[str, str], tables: Mapping[str, Mapping[str, pd.DataFrame]]
) -> dict[str, pd.DataFrame]:
    """Pool what the data sets say.

    Args:
        roles: Data set -> ``real`` or ``simulated``, in the order of the config.
        tables: ``signatures``, ``claim`` and ``immune`` -> data set -> its table.

    Returns:
        ``contrasts``, ``links``, ``claim`` and ``forest``, as :mod:`irf7bone.tables.pooled_cells` has them.
    """
    claims = first_of_meaning(roles, tables["claim"])
    rows = _contrast_rows(claims, tables["signatures"])
    links = _link_rows(roles, tables["immune"])
    pooled = {
        "contrasts": _pool_contrasts(rows),
        "links": _pool_links(links),
        "claim": _pool_claims(claims, rows),
    }
    return pooled | {"forest": _forest(rows, links, pooled)}


def first_of_meaning(roles: Mapping[str, str], claims: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Of each data set its first contrast of each meaning that the claim speaks of, and its role."""
    stacked = pd.concat([claims[name].assign(role=role) for name, role in roles.items()], ignore_index=True)
    stacked = stacked[stacked["meaning"].map(EXPECTED) != 0]
    return stacked.drop_duplicates(["data_set", "meaning"])


def _contrast_rows(claims: pd.DataFrame, signatures: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Rows of CELL_SIGNATURES of these contrasts by the primary method, with role and meaning."""
    facts = claims[["data_set", "contrast", "role", "meaning", "method", "ambient_alpha_to_null"]]
    facts = facts.assign(own_verdict=claims["verdict_in_compartment"])
    names = list(dict.fromkeys(facts["data_set"]))
    if not names:
        return CELL_SIGNATURES.empty().assign(role=None, meaning=None)
    stacked = pd.concat([signatures[name] for name in names], ignore_index=True)
    return stacked.merge(facts, on=["data_set", "contrast", "method"])


def pooled_numbers(estimates: np.ndarray, errors: np.ndarray) -> dict[str, float]:
    """Pooled value with interval, spread between data sets, and where a further one would lie.

    Args:
        estimates: One a data set, shape (k,), k at least 1.
        errors: Their standard errors.
    """
    pool = pool_normal_normal(estimates[None, :], errors[None, :], scale=PRIOR_SCALE)
    return {
        "estimate": float(pool.mu.centre[0]),
        "ci_low": float(pool.mu.quantile(0.025)[0]),
        "ci_high": float(pool.mu.quantile(0.975)[0]),
        "below_0": float(pool.mu.below(0.0)[0]),
        "further_low": float(pool.further.quantile(0.025)[0]),
        "further_high": float(pool.further.quantile(0.975)[0]),
        "tau": float(pool.tau[0]),
    }


def _pool_contrasts(rows: pd.DataFrame) -> pd.DataFrame:
    if rows.empty:
        return POOLED_CONTRASTS.empty()
    found = [
        dict(zip(OWN, key, strict=True)) | _pooled(part, "hedges_g", "hedges_se")
        for key, part in rows.groupby(OWN, sort=False)
    ]
    return POOLED_CONTRASTS.cast(pd.DataFrame(found).reindex(columns=POOLED_CONTRASTS.names))


def _pooled(part: pd.DataFrame, estimate: str, error: str) -> dict[str, object]:
    """What is pooled of one group of rows, or why nothing is."""
    usable = part[(part["status"] == OK) & part[error].notna()]
    facts: dict[str, object] = {
        "k": len(usable),
        "data_sets": ", ".join(usable["data_set"]) or None,
        "n_patients": int(usable["n_patients"].sum()),
        "status": OK,
        "reason": None,
    }
    if len(usable) < FEWEST_SETS:
        have = f"{counted(len(usable), 'data set')} of {len(part)} with an estimate, {FEWEST_SETS} are needed"
        return facts | {"status": TOO_FEW_SETS, "reason": have}
    return facts | pooled_numbers(*(usable[name].to_numpy(dtype=np.float64) for name in (estimate, error)))


def _link_rows(roles: Mapping[str, str], immune: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Fisher's z of the strata of whole groups; subtypes are parts of them."""
    stacked = pd.concat([immune[name].assign(role=role) for name, role in roles.items()], ignore_index=True)
    stacked = stacked[stacked["subtype"].isna()]
    n = stacked["n_patients"].astype(float)
    stacked["z"] = np.arctanh(stacked["rho"].astype(float).clip(-1 + 1e-12, 1 - 1e-12))
    stacked["z_se"] = np.sqrt(FISHER_VARIANCE / (n - 3).where(n > 3))
    return stacked


def _pool_links(links: pd.DataFrame) -> pd.DataFrame:
    found = []
    for (role, group, measure), part in links.groupby(["role", "group", "measure"], sort=False):
        row = {"role": role, "group": group, "measure": measure} | _pooled(part, "z", "z_se")
        for name in ("estimate", "ci_low", "ci_high", "further_low", "further_high"):
            if name in row:
                row[name] = float(np.tanh(row[name]))
        found.append(row)
    return POOLED_LINKS.cast(pd.DataFrame(found).reindex(columns=POOLED_LINKS.names))


def _pool_claims(claims: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """A row for each role and meaning: malignant cells beside the bulk, with the word that may be said."""
    found = []
    for (role, meaning), part in claims.groupby(["role", "meaning"], sort=False):
        signature, method = part["signature"].iloc[0], part["method"].iloc[0]
        own = rows[(rows["role"] == role) & (rows["meaning"] == meaning) & (rows["signature"] == signature)]
        tumour = own[own["compartment"] == MALIGNANT]
        specific = tumour["own_verdict"] != NOT_SPECIFIC
        clean = ~(tumour["ambient_alpha_to_null"].astype(float) < WARN_BELOW)
        pools = {
            name: _pooled(chosen, "hedges_g", "hedges_se")
            for name, chosen in {
                "malignant": tumour,
                "bulk": own[own["compartment"] == BULK],
                "specific": tumour[specific],
                "clean": tumour[clean],
            }.items()
        }
        verdict, rule = decide_pooled(
            PooledEvidence(EXPECTED[meaning], *(_interval(pools[name]) for name in pools))
        )
        found.append(
            {
                "role": role,
                "meaning": meaning,
                "expected": DIRECTIONS[EXPECTED[meaning]],
                "compartment": MALIGNANT,
                "signature": signature,
                "method": method,
                **pools["malignant"],
                **{f"bulk_{name}": pools["bulk"].get(name) for name in ("estimate", "ci_low", "ci_high")},
                "n_not_specific": int((~specific).sum()),
                "n_ambient": int((~clean).sum()),
                "verdict": verdict,
                "rule": rule,
            }
        )
    return POOLED_CLAIM.cast(pd.DataFrame(found).reindex(columns=POOLED_CLAIM.names))


def _interval(pooled: Mapping[str, object]) -> tuple[float, float] | None:
    return (pooled["ci_low"], pooled["ci_high"]) if pooled["status"] == OK else None  # type: ignore[return-value]


def _forest(rows: pd.DataFrame, links: pd.DataFrame, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """What the forest draws: every data set, then what is pooled of them."""
    own = rows.merge(tables["claim"][["role", "meaning", "signature"]], on=["role", "meaning", "signature"])
    own = own[own["compartment"].isin([MALIGNANT, BULK])]
    g, reach = own["hedges_g"].astype(float), NORMAL_975 * own["hedges_se"].astype(float)
    sets = own.assign(
        panel=own["compartment"], stratum=own["meaning"], estimate=g, ci_low=g - reach, ci_high=g + reach
    )
    pooled = tables["contrasts"].merge(own[OWN].drop_duplicates(), on=OWN)
    pooled = pooled.assign(panel=pooled["compartment"], stratum=pooled["meaning"], data_set=POOLED)
    link = links[links["measure"] == LINK_SHOWN].assign(panel=LINK_SHOWN)
    link = link.assign(stratum=link["group"], estimate=link["rho"])
    both = tables["links"][tables["links"]["measure"] == LINK_SHOWN]
    both = both.assign(panel=LINK_SHOWN, stratum=both["group"], data_set=POOLED)
    parts = [part.reindex(columns=POOLED_FOREST.names).astype(object) for part in (sets, pooled, link, both)]
    table = pd.concat(parts, ignore_index=True)
    table.loc[table["status"] != OK, ["estimate", "ci_low", "ci_high"]] = np.nan
    order = {name: number for number, name in enumerate((MALIGNANT, BULK, LINK_SHOWN))}
    table = table.sort_values(
        ["panel", "role", "stratum"], key=lambda c: c.map(order) if c.name == "panel" else c, kind="stable"
    )
    return POOLED_FOREST.cast(table.reset_index(drop=True))

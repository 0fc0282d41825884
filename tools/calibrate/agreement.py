"""Does the gate on agreement let the right parts through? And how reliable are scores of proliferation?

Real cohorts that come with the installed packages, their scores and outcomes; nothing is simulated but
which half of a signature a cohort is made to lack. A half is judged by the other cohorts, as in the workflow,
and then held against the whole in the cohort itself: by how much does the log hazard ratio move?
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.acquire.sources import acquire
from irf7bone.genes.signatures import Signature, load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import harmonise
from irf7bone.outcome.estimator import fit_many
from irf7bone.outcome.models import MODELS, Cohort, Design
from irf7bone.scoring.agreement import METHOD, REFERENCE_SHARE, agreement_rows, part_whole_correlations
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.study.cohort_checks import load_card

PROJECT = Path(__file__).resolve().parents[2]
# cohort -> the endpoint that its effects are of
COHORTS = {
    "gse1992": "relapse",
    "gse3143": "death",
    "gse4335": "death",
    "vantveer2002": "distant",
    "nki144": "distant",
    "nki295": "death",
}
PROLIFERATION = "HALLMARK_E2F_TARGETS"
G2M = "HALLMARK_G2M_CHECKPOINT"
OF_PROLIFERATION = ("PAM50_PROLIFERATION", PROLIFERATION, G2M)
MIN_AGREEMENT = 0.95
# rules: the smallest correlation in another cohort, or lower end of its 95 % interval, is at least so much
LEAST, LOWER = "correlation", "lower limit"
RULES = ((LEAST, 0.90), (LEAST, MIN_AGREEMENT), (LEAST, 0.96), (LEAST, 0.97), (LOWER, 0.94), (LOWER, 0.95))
Z_95 = 1.96
OFF = 0.5  # standard errors of the whole's log hazard ratio
HALVES_COLUMNS = (
    "cohort", "signature", "model", "n_genes", "rule", "limit", "halves", "accepted", "off", "share_off",
    "least_own_correlation",
)  # fmt: skip


@dataclass(frozen=True)
class Real:
    """One cohort, with the genes that vary in it."""

    prepared: Prepared
    genes: frozenset[str]
    obs: pd.DataFrame
    expression: pd.DataFrame


def read_cohorts(names: Sequence[str] = tuple(COHORTS)) -> dict[str, Real]:
    """The cohorts as the workflow harmonises them."""
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    found = {}
    for name in names:
        card = load_card(PROJECT / "data" / "cohorts" / f"{name}.yaml")
        adata = harmonise(acquire(card), card, symbols).adata
        expression = adata.to_df()
        prepared = Prepared(expression)
        found[name] = Real(prepared, frozenset(prepared.genes[prepared.varying]), adata.obs, expression)
    return found


def read_signatures() -> dict[str, Signature]:
    """The shipped signatures of more than one gene."""
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    library = load_library(sorted((PROJECT / "data" / "signatures").glob("*.gmt")), symbols)
    return {name: signature for name, signature in library.items() if len(signature.genes) > 1}


def halves(
    cohorts: Mapping[str, Real], library: Mapping[str, Signature], many: int, seed: int
) -> pd.DataFrame:
    """Random halves of every signature in every cohort that measures most of it.

    Returns:
        For each cohort, signature, model and rule: halves that other cohorts could judge, those accepted,
        and those whose log hazard ratio is then more than half a standard error off the whole's.
    """
    rows = []
    for place, (name, cohort) in enumerate(cohorts.items()):
        whole = [one for one in library.items() if _measures(cohort, one[1])]
        for number, (signature, genes) in enumerate(whole):
            random = np.random.default_rng([seed, place, number])
            drawn = [_half(genes, random) for _ in range(many)]
            least = _judged(name, cohorts, genes, drawn)  # by rule
            rows += _moved(name, cohort, library, signature, drawn, least)
    return pd.DataFrame(rows, columns=HALVES_COLUMNS)


def _measures(cohort: Real, signature: Signature) -> bool:
    return len(cohort.genes.intersection(signature.genes)) >= REFERENCE_SHARE * len(set(signature.genes))


def _half(signature: Signature, random: np.random.Generator) -> frozenset[str]:
    genes = sorted(set(signature.genes))
    return frozenset(random.choice(genes, max(1, len(genes) // 2), replace=False))


def present(signature: Signature, among: frozenset[str]) -> tuple[list[str], list[str]]:
    """The genes of a signature that are among these, up and down."""
    up, down = ([gene for gene in side if gene in among] for side in (signature.up, signature.down))
    return up, down


def lower_limit(correlation: np.ndarray, n: np.ndarray | int) -> np.ndarray:
    """Lower end of the 95 % interval of a correlation over n samples (Fisher's z)."""
    inside = np.clip(correlation, -1 + 1e-12, 1 - 1e-12)
    return np.tanh(np.arctanh(inside) - Z_95 / np.sqrt(np.asarray(n) - 3))


def _judged(
    name: str, cohorts: Mapping[str, Real], signature: Signature, drawn: Sequence[frozenset[str]]
) -> dict[str, np.ndarray]:
    """Smallest correlation of each half with the whole elsewhere, and smallest lower limit.

    Returns:
        Kind of rule -> shape (many,); NaN if no cohort tells.
    """
    own = cohorts[name].genes
    found = {kind: [np.full(len(drawn), np.nan)] for kind in (LEAST, LOWER)}
    for other, reference in cohorts.items():
        if other != name and _measures(reference, signature):
            whole = present(signature, reference.genes)
            pairs = [(present(signature, half & own & reference.genes), whole) for half in drawn]
            correlation = part_whole_correlations(reference.prepared, pairs)
            found[LEAST].append(correlation)
            found[LOWER].append(lower_limit(correlation, len(reference.obs)))
    return {kind: np.fmin.reduce(values) for kind, values in found.items()}


def _moved(
    name: str,
    cohort: Real,
    library: Mapping[str, Signature],
    signature: str,
    drawn: Sequence[frozenset[str]],
    least: Mapping[str, np.ndarray],
) -> list[dict[str, object]]:
    genes = library[signature]
    parts = [present(genes, half & cohort.genes) for half in drawn]
    known = np.isfinite(least[LEAST]) & np.array([any(part) for part in parts])
    scores = standard_scores(
        cohort, [present(genes, cohort.genes), *(p for p, k in zip(parts, known, strict=True) if k)]
    )
    own = np.corrcoef(scores)[0, 1:]
    proliferation = standard_scores(cohort, [present(library[PROLIFERATION], cohort.genes)])[0]
    rows: list[dict[str, object]] = []
    for model in ("unadjusted", "proliferation"):
        # a score of proliferation given another one is what they disagree in: noise by intention
        if model == "proliferation" and signature in OF_PROLIFERATION:
            continue
        design, kept = _design(cohort, COHORTS[name], model, proliferation)
        fits = fit_many(design, scores[:, kept])
        off = np.abs(fits.log_hr[1:] - fits.log_hr[0]) > OFF * fits.se[0]
        for rule, limit in RULES:
            passed = least[rule][known] >= limit
            row = {"cohort": name, "signature": signature, "model": model, "rule": rule, "limit": limit}
            row |= {"n_genes": len(set(genes.genes)), "halves": int(known.sum())}
            row |= {"accepted": int(passed.sum()), "off": int((off & passed).sum())}
            row["share_off"] = row["off"] / row["accepted"] if passed.any() else np.nan
            row["least_own_correlation"] = own[passed].min() if passed.any() else np.nan
            rows.append(row)
    return rows


def standard_scores(cohort: Real, sets: Sequence[tuple[list[str], list[str]]]) -> np.ndarray:
    """Scores with one standard deviation, sets x samples."""
    sides = [side for up_down in sets for side in up_down]
    both = score_sets(cohort.prepared, cohort.prepared.set_matrix(sides), METHOD)
    both = np.where(np.isnan(both), 0.0, both).reshape(len(sets), 2, -1)
    scores = both[:, 0] - both[:, 1]
    scores -= scores.mean(axis=1, keepdims=True)
    return scores / scores.std(axis=1, ddof=1, keepdims=True)


def _design(cohort: Real, endpoint: str, model: str, proliferation: np.ndarray) -> tuple[Design, np.ndarray]:
    """The model without its score, and which samples it has."""
    time, event = (cohort.obs[f"{endpoint}_{part}"].to_numpy(float) for part in ("time_months", "event"))
    known = np.isfinite(time)
    design = MODELS[model].design(
        Cohort(cohort.obs[known], time[known], event[known], proliferation[known], None)
    )
    assert isinstance(design, Design)
    return design, np.flatnonzero(known)[design.kept]


def parts(cohorts: Mapping[str, Real], library: Mapping[str, Signature]) -> pd.DataFrame:
    """The measured part of every signature in every cohort, as the other cohorts judge it.

    Returns:
        :data:`irf7bone.tables.cohort.AGREEMENT`, where the reference can tell, with the lower end of the
        correlation's 95 % interval.
    """
    measured = {name: cohort.genes for name, cohort in cohorts.items()}
    found = [agreement_rows(name, cohort.prepared, measured, library) for name, cohort in cohorts.items()]
    table = pd.concat(found, ignore_index=True)
    sizes = {name: len(cohort.obs) for name, cohort in cohorts.items()}
    told = table[table["status"] == "ok"].drop(columns=["status", "reason"])
    lower = lower_limit(told["correlation"].to_numpy(float), told["reference"].map(sizes).to_numpy())
    return told.assign(lower_limit=lower)


def reliability(cohorts: Mapping[str, Real], library: Mapping[str, Signature]) -> pd.DataFrame:
    """Cronbach's alpha of each score of proliferation, and its correlation with G2M."""
    rows = []
    for signature in OF_PROLIFERATION:
        for name, cohort in cohorts.items():
            own = [gene for gene in library[signature].up if gene in cohort.genes]
            other = [gene for gene in library[G2M].up if gene in cohort.genes]
            row = {"signature": signature, "cohort": name, "n_genes": len(library[signature].up)}
            row |= {
                "n_used": len(own),
                "alpha": _alpha(cohort, own),
                "r_g2m": np.nan,
                "r_g2m_no_shared": np.nan,
            }
            if signature != G2M:
                pairs = [(own, other), (own, [gene for gene in other if gene not in own])]
                row["r_g2m"], row["r_g2m_no_shared"] = (_correlation(cohort, *pair) for pair in pairs)
            rows.append(row)
    return pd.DataFrame(rows)


def _alpha(cohort: Real, genes: Sequence[str]) -> float:
    """Cronbach's alpha of standardised genes: k / (k - 1) (1 - k / variance of their sum)."""
    k = len(genes)
    if k < 2:
        return float("nan")
    values = cohort.prepared.values(np.flatnonzero(np.isin(cohort.prepared.genes.astype(str), genes)))
    z = (values - values.mean(axis=1, keepdims=True)) / values.std(axis=1, ddof=1, keepdims=True)
    return float(k / (k - 1) * (1 - k / z.sum(axis=0).var(ddof=1)))


def _correlation(cohort: Real, first: list[str], second: list[str]) -> float:
    if not first or not second:
        return float("nan")
    return float(np.corrcoef(standard_scores(cohort, [(first, []), (second, [])]))[0, 1])

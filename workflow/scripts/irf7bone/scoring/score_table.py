"""From an expression matrix and a signature library to the score and coverage tables of one cohort."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import sparse

from irf7bone.base.errors import Problems
from irf7bone.base.stored_matrix import Matrix
from irf7bone.genes.gmt import NO_GENE
from irf7bone.scoring.agreement import Agreement, ScorableSignature, coverage_refusal
from irf7bone.scoring.detection import READ_IN, read_in_enough
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.scoring.registry import METHODS
from irf7bone.tables.cohort import COVERAGE, SCORES

# Standard deviation below this, relative to the largest score, is rounding and not variation.
CONSTANT_SCORE = 1e-10


@dataclass(frozen=True)
class _Coverage:
    """How much of a signature a cohort can speak for; ``reason`` says why it is not scored, if it is not."""

    n_genes: int
    n_used: int
    share: float
    missing: tuple[str, ...]
    reason: str
    agreement: Agreement | None
    status: str = "low_coverage"


def score_cohort(
    expression: Matrix,
    library: Mapping[str, ScorableSignature],
    methods: Sequence[str],
    min_coverage: float,
    withheld: Mapping[str, str] = MappingProxyType({}),
    agreements: Mapping[str, Agreement] = MappingProxyType({}),
    not_measured: Mapping[str, str] = MappingProxyType({}),
    discordant: Mapping[str, Sequence[str]] = MappingProxyType({}),
    read_in: float = READ_IN,
    threads: int = 1,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Score every sample of a cohort with every signature and method.

    A signature with up and down genes scores as up minus down, in every method. Coverage is the share
    of its genes that are in the cohort, not constant, and read in enough samples; a signature whose
    part does not stand for it, or one that lost all its up or all its down genes, is not scored. The methods
    that score a sample by itself keep a constant or hardly read gene, which has a rank like any other, but
    it does not count as covered.

    Args:
        expression: Samples x genes, log2, current symbols, finite.
        library: Signatures by name.
        methods: Names in :data:`irf7bone.scoring.registry.METHODS`.
        min_coverage: Smallest share of genes with which a signature without agreement is scored, 0 to 1.
        withheld: Signatures that must not be scored in this cohort (``not_available``), with the reason.
        agreements: Signature -> what other cohorts say of its part here, where any can tell.
        not_measured: Signatures of a gene whose row is another's, with the evidence.
        discordant: Signature -> those of its genes that do not correlate with their companions; they are
            named, no more.
        read_in: Share of the samples in which a gene must be read to count.
        threads: How many GSVA may use; scores do not depend on it.

    Returns:
        The scores (``tables.cohort.SCORES``: signatures x methods x samples, in the order given) and the
        coverage (``tables.cohort.COVERAGE`` without its cohort column).

    Raises:
        InputError: for an unknown method, values that are missing or infinite, repeated names.
    """
    _check_methods(methods)
    prepared = Prepared(expression, threads)
    read = read_in_enough(prepared, read_in)
    varying = set(prepared.genes[prepared.varying & read])
    covered = {
        name: _cover(signature, prepared, varying, min_coverage, agreements.get(name))
        for name, signature in library.items()
    }
    for status, reasons in (("not_measured", not_measured), ("not_available", withheld)):
        for name, reason in reasons.items():
            covered[name] = replace(covered[name], reason=reason, status=status)
    usable = [name for name, coverage in covered.items() if not coverage.reason]

    gene_sets = prepared.set_matrix(
        [library[name].up for name in usable] + [library[name].down for name in usable]
    )
    read_sets = gene_sets @ sparse.diags_array(read.astype(np.float64), format="csr")
    read_sets.eliminate_zeros()
    signed = np.array([[bool(library[name].up), bool(library[name].down)] for name in usable]).reshape(-1, 2)
    raw = {}
    for method in methods:
        sides = score_sets(prepared, read_sets if METHODS[method].relative_to_cohort else gene_sets, method)
        up, down = sides[: len(usable)], sides[len(usable) :]
        # A side that the signature does not have adds nothing; one that cannot be scored stays NaN.
        total = np.where(signed[:, :1], up, 0.0) - np.where(signed[:, 1:], down, 0.0)
        raw.update({(name, method): scores for name, scores in zip(usable, total, strict=True)})

    blocks = [
        _score_rows(prepared.samples, name, method, coverage, raw.get((name, method)))
        for name, coverage in covered.items()
        for method in methods
    ]
    scores = SCORES.cast(pd.concat(blocks, ignore_index=True)) if blocks else SCORES.empty()
    return scores, _coverage_table(covered, discordant)


def _check_methods(methods: Sequence[str]) -> None:
    problems = Problems()
    for method in methods:
        if method not in METHODS:
            near = difflib.get_close_matches(method, METHODS, n=1)
            problems.add(
                "methods",
                expected=f"some of {', '.join(METHODS)}",
                found=f"'{method}'" + (f" (did you mean '{near[0]}'?)" if near else ""),
                remedy="name a scoring method that exists",
            )
    problems.raise_if_any()


def _cover(
    signature: ScorableSignature,
    prepared: Prepared,
    varying: set[str],
    min_coverage: float,
    agreement: Agreement | None,
) -> _Coverage:
    genes = tuple(dict.fromkeys((*signature.up, *signature.down)))
    missing = tuple(gene for gene in genes if gene not in varying)
    n_used = len(genes) - len(missing)
    share = n_used / len(genes) if genes else 0.0
    found = f"{n_used} of {len(genes)} genes are in the cohort and vary in its {prepared.n_samples} samples"
    lost = [
        side
        for side, members in (("up", signature.up), ("down", signature.down))
        if members and varying.isdisjoint(members)
    ]
    reason = ""
    if not genes:
        reason = NO_GENE
    elif refused := coverage_refusal(n_used, len(genes), min_coverage, agreement):
        reason = f"{refused}: {found}"
    elif lost:
        reason = f"coverage of its {lost[0]} genes is 0: {found}, but no {lost[0]} gene"
    return _Coverage(len(genes), n_used, share, missing, reason, agreement)


def _score_rows(
    samples: np.ndarray, name: str, method: str, coverage: _Coverage, raw: np.ndarray | None
) -> pd.DataFrame:
    """Rows of the score table for one signature and method; ``raw`` is None where coverage is too low."""
    status, reason, z = "ok", None, None
    if raw is None:
        status, reason = coverage.status, coverage.reason
    elif not np.isfinite(raw).all():
        status, reason = "not_available", f"{method} is not defined: the signature holds every gene there is"
    else:
        sd = raw.std(ddof=1)
        if sd <= CONSTANT_SCORE * max(1.0, np.abs(raw).max()):
            status, reason = "not_available", "the score has the same value in every sample"
        else:
            z = (raw - raw.mean()) / sd
    return pd.DataFrame(
        {
            "sample": samples,
            "signature": name,
            "method": method,
            "score_raw": np.nan if z is None else raw,
            "score_z": np.nan if z is None else z,
            "n_genes_used": coverage.n_used,
            "coverage": coverage.share,
            "status": status,
            "reason": reason,
        }
    )


def _coverage_table(
    covered: Mapping[str, _Coverage], discordant: Mapping[str, Sequence[str]]
) -> pd.DataFrame:
    agreements = [coverage.agreement for coverage in covered.values()]
    return COVERAGE.cast(
        pd.DataFrame(
            {
                "signature": list(covered),
                "n_genes": [coverage.n_genes for coverage in covered.values()],
                "n_genes_used": [coverage.n_used for coverage in covered.values()],
                "coverage": [coverage.share for coverage in covered.values()],
                "agreement": [found.least if found else None for found in agreements],
                "agreement_least_in": [found.least_in if found else None for found in agreements],
                "agreement_cohorts": [",".join(found.references) if found else None for found in agreements],
                "missing": [",".join(coverage.missing) or None for coverage in covered.values()],
                "discordant": [",".join(discordant.get(name, ())) or None for name in covered],
                "status": [coverage.status if coverage.reason else "ok" for coverage in covered.values()],
                "reason": [coverage.reason or None for coverage in covered.values()],
            }
        )
    )

"""Does the measured part of a signature say what the whole signature says?

The share of genes that a cohort has measured does not answer that: half of a list of genes that go together
is as good as the whole, and five of six that do not may be another signature. Where other cohorts measure
(nearly) all of the signature, the answer can be seen in them: the correlation, over their samples, of the
score of the part with the score of all they have. No outcome is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Protocol

import numpy as np
import pandas as pd

from irf7bone.base.stored_matrix import Matrix
from irf7bone.scoring.engine import Prepared, score_sets
from irf7bone.tables.cohort import AGREEMENT

# A cohort shows what the whole signature says if it measures this share of it.
REFERENCE_SHARE = 0.6
METHOD = "zscore"
# more references than this say nothing new, and the table would grow with the square of the cohorts
MOST_REFERENCES = 20


class ScorableSignature(Protocol):
    """What a signature or a list of markers must offer: the symbols that go up, and those that go down."""

    @property
    def up(self) -> tuple[str, ...]:
        """Genes that go up."""

    @property
    def down(self) -> tuple[str, ...]:
        """Genes that go down."""


@dataclass(frozen=True)
class Agreement:
    """What other cohorts say of the measured part of one signature in one cohort.

    Args:
        least: Smallest correlation of part and whole over the references.
        least_in: The reference that has it.
        references: All of them, in the order of the table.
        smallest_allowed: Below this the part does not stand for the whole.
    """

    least: float
    least_in: str
    references: tuple[str, ...]
    smallest_allowed: float


def coverage_refusal(n_used: int, n_genes: int, min_coverage: float, agreement: Agreement | None) -> str:
    """Why the measured part of a gene set does not stand for it; empty where it does.

    The one gate of signatures and markers: agreement decides where any cohort can tell, the share of genes
    where none can. A single gene is measured or not.

    Args:
        n_used: Genes that are measured and vary.
        n_genes: Genes of the set.
        min_coverage: Smallest share allowed where there is no agreement.
        agreement: What other cohorts say of the part; None where none can tell.
    """
    share = n_used / n_genes if n_genes else 0.0
    if n_used and agreement is not None:
        if agreement.least >= agreement.smallest_allowed:
            return ""
        seen = floor(1000 * agreement.least) / 1000  # never rounded up to what would be allowed
        return (
            f"agreement {seen:.3f} with the whole, in {agreement.least_in}, is too low "
            f"(smallest allowed: {agreement.smallest_allowed:g})"
        )
    if not n_used or share < min_coverage:
        return f"coverage {share:.2f} is too low (smallest allowed: {min_coverage:g})"
    return ""


def measure_agreement(
    measured: Mapping[str, Collection[str]],
    references: Collection[str],
    load: Callable[[str], Matrix],
    library: Mapping[str, ScorableSignature],
) -> pd.DataFrame:
    """Hold the measured part of every gene set in every cohort against the whole in every reference.

    Args:
        measured: Cohort -> symbols that it has and that vary in it.
        references: Cohorts of real samples; each is loaded once, one at a time. Of more than
            :data:`MOST_REFERENCES` those are asked that measure most of the gene sets' genes.
        load: Expression of one of them, samples x genes.
        library: Gene sets by name.

    Returns:
        :data:`AGREEMENT`, references x other cohorts x gene sets.
    """
    asked = _with_most_genes(references, measured, library)
    parts = [agreement_rows(name, Prepared(load(name)), measured, library) for name in asked]
    filled = [part for part in parts if len(part)]
    return AGREEMENT.cast(pd.concat(filled, ignore_index=True)) if filled else AGREEMENT.empty()


def _with_most_genes(
    references: Collection[str],
    measured: Mapping[str, Collection[str]],
    library: Mapping[str, ScorableSignature],
) -> list[str]:
    """The references to ask, in their order; of equals the first."""
    wanted = {gene for gene_set in library.values() for gene in (*gene_set.up, *gene_set.down)}
    number = {name: len(wanted.intersection(measured[name])) for name in references}
    asked = sorted(references, key=lambda name: -number[name])[:MOST_REFERENCES]
    return [name for name in references if name in asked]


def agreement_rows(
    reference: str,
    prepared: Prepared,
    measured: Mapping[str, Collection[str]],
    library: Mapping[str, ScorableSignature],
) -> pd.DataFrame:
    """What one reference says of every other cohort's part of every gene set.

    Args:
        reference: Id of the reference, a cohort of real samples.
        prepared: Its expression.
        measured: Cohort -> symbols that it has and that vary in it; the reference itself is passed over.
        library: Gene sets by name.

    Returns:
        :data:`AGREEMENT`, cohorts x gene sets.
    """
    own = set(prepared.genes[prepared.varying])
    rows: list[dict[str, object]] = []
    pairs: list[tuple[tuple[list[str], list[str]], tuple[list[str], list[str]]]] = []
    at: list[int] = []
    for cohort, genes in measured.items():
        if cohort == reference:
            continue
        there = own.intersection(genes)
        for name, gene_set in library.items():
            row, part, whole = _compare(gene_set, there, own)
            rows.append({"cohort": cohort, "signature": name, "reference": reference, **row})
            if row["reason"] is None:
                at.append(len(rows) - 1)
                pairs.append((part, whole))
    for index, correlation in zip(at, part_whole_correlations(prepared, pairs), strict=True):
        found = np.isfinite(correlation)
        rows[index]["correlation"] = float(correlation) if found else None
        rows[index]["status"] = "ok" if found else "not_available"
        rows[index]["reason"] = None if found else f"the score of part or whole does not vary in {reference}"
    return AGREEMENT.cast(pd.DataFrame(rows, columns=AGREEMENT.names)) if rows else AGREEMENT.empty()


def _compare(
    gene_set: ScorableSignature, there: Collection[str], own: Collection[str]
) -> tuple[dict[str, object], tuple[list[str], list[str]], tuple[list[str], list[str]]]:
    """The row of one gene set without its correlation, and part and whole as (up, down)."""
    genes = tuple(dict.fromkeys((*gene_set.up, *gene_set.down)))
    part, whole = (_present(gene_set, among) for among in (there, own))
    n_part, n_whole = (sum(gene in among for gene in genes) for among in (there, own))
    reason = None
    if len(genes) < 2:
        reason = "a single gene has no part"
    elif n_whole < REFERENCE_SHARE * len(genes):
        reason = f"the reference measures {n_whole} of {len(genes)} genes, under {REFERENCE_SHARE:.0%}"
    elif any(len(some) > 0 == len(few) for some, few in zip(whole, part, strict=True)):
        reason = "no gene in common"
    row: dict[str, object] = {
        "n_genes": len(genes),
        "n_part": n_part,
        "n_whole": n_whole,
        "correlation": None,
        "status": "not_available",
        "reason": reason,
    }
    return row, part, whole


def _present(gene_set: ScorableSignature, among: Collection[str]) -> tuple[list[str], list[str]]:
    return [gene for gene in gene_set.up if gene in among], [gene for gene in gene_set.down if gene in among]


def part_whole_correlations(
    prepared: Prepared,
    pairs: Sequence[tuple[tuple[Sequence[str], Sequence[str]], tuple[Sequence[str], Sequence[str]]]],
) -> np.ndarray:
    """Pearson correlation of the combined z-scores of many pairs of gene sets over the samples.

    Args:
        prepared: Expression of the cohort.
        pairs: Part and whole, each (up, down), of genes that vary in the cohort.

    Returns:
        One correlation a pair, shape (n,); NaN where a score does not vary.
    """
    if not pairs:
        return np.empty(0)
    sides = [side for pair in pairs for up_down in pair for side in up_down]
    scores = score_sets(prepared, prepared.set_matrix(sides), METHOD)
    scores = np.where(np.isnan(scores), 0.0, scores).reshape(len(pairs), 2, 2, -1)
    signed = scores[:, :, 0] - scores[:, :, 1]
    signed -= signed.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(signed, axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (signed[:, 0] * signed[:, 1]).sum(axis=-1) / (length[:, 0] * length[:, 1])
    return np.clip(found, -1, 1)


def agreements(table: pd.DataFrame, cohort: str, min_agreement: float) -> dict[str, Agreement]:
    """Signature -> what the references say of its part in ``cohort``; left out where none can tell.

    Args:
        table: :data:`irf7bone.tables.cohort.AGREEMENT`.
        cohort: Cohort id.
        min_agreement: Smallest correlation allowed.
    """
    rows = table[(table["cohort"] == cohort) & (table["status"] == "ok")]
    found = {}
    for name, group in rows.groupby("signature", sort=False):
        least = group.iloc[int(group["correlation"].argmin())]
        references = tuple(str(reference) for reference in group["reference"])
        found[str(name)] = Agreement(
            float(least["correlation"]), str(least["reference"]), references, min_agreement
        )
    return found


def agreements_of(coverage: pd.DataFrame, min_agreement: float) -> dict[str, Agreement]:
    """The same from the table that the cohort's scores came with.

    Args:
        coverage: :data:`irf7bone.tables.cohort.COVERAGE` of one cohort.
        min_agreement: Smallest correlation allowed.
    """
    known = coverage[coverage["agreement"].notna()]
    return {
        str(row["signature"]): Agreement(
            float(row["agreement"]),
            str(row["agreement_least_in"]),
            tuple(str(row["agreement_cohorts"]).split(",")),
            min_agreement,
        )
        for row in known.to_dict("records")
    }

"""Does the measured part of a signature say what the whole signature says?

The share of genes that a cohort has measured does not answer that: half of a list of genes that go together is as
good as the whole, and five of six that do not may be another signature. Where other cohorts measure (nearly) all
of the signature, the answer can be seen in them: the correlation, over their samples, of the score of the part
with the score of all they have. No outcome is looked at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from irf7bone.tables.contract import Column, Table
from irf7bone.scoring.engine import Prepared, score_sets

# A cohort shows what the whole signature says if it measures this share of it.
REFERENCE_SHARE = 0.6
METHOD = "zscore"
STATUSES = ("ok", "not_available")

AGREEMENT = Table(
    "signature agreement",
    key=("cohort", "signature", "reference"),
    columns=(
        Column("cohort", "text", "cohort whose measured part of the signature is judged"),
        Column("signature", "text", "signature"),
        Column("reference", "text", "real cohort in which part and whole are compared"),
        Column("n_genes", "integer", "genes of the signature", low=0),
        Column("n_part", "integer", "of these, measured in the cohort and in the reference", low=0),
        Column("n_whole", "integer", "of these, measured in the reference", low=0),
        Column(
            "correlation",
            "number",
            "Pearson correlation of the combined z-scores of part and whole over the reference's samples",
            nullable=True,
            low=-1,
            high=1,
        ),
        Column("status", "text", "ok, or not_available where the reference cannot tell", allowed=STATUSES),
        Column("reason", "text", "why it cannot", nullable=True),
    ),
    needs_when_ok=("correlation",),
)


class GeneSet(Protocol):
    """A signature or a list of markers: the symbols that go up, and those that go down."""

    up: tuple[str, ...]
    down: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """What other cohorts say of the measured part of one signature in one cohort.

    Args:
        least: Smallest correlation of part and whole over the references.
        least_in: The reference that has it.
        references: All of them, in the order of the table.
    """

    least: float
    least_in: str
    references: tuple[str, ...]


@dataclass(frozen=True)
class Gate:
    """When a measured part of a gene set stands for the whole; one rule for signatures and markers.

    Args:
        min_agreement: Smallest correlation of part and whole, in the reference where it is smallest.
        min_coverage: Smallest share of genes, where no reference can tell.
        agreements: Gene set -> what the references say of it in this cohort.
    """

    min_agreement: float
    min_coverage: float
    agreements: Mapping[str, Agreement]

    def refusal(self, name: str, n_used: int, n_genes: int) -> str:
        """Why a gene set is not scored with ``n_used`` of its ``n_genes`` genes; empty where it is.

        A single gene is measured or not, and nothing stands for it.
        """
        found = self.agreements.get(name)
        share = n_used / n_genes if n_genes else 0.0
        if not n_used:
            return f"coverage {share:.2f} is too low (smallest allowed: {self.min_coverage:g})"
        if n_genes > 1 and found is not None:
            if found.least >= self.min_agreement:
                return ""
            return (
                f"agreement {found.least:.2f} is too low (smallest allowed: {self.min_agreement:g}): in "
                f"{found.least_in} the score of these genes correlates so with that of all"
            )
        if share < self.min_coverage:
            return f"coverage {share:.2f} is too low (smallest allowed: {self.min_coverage:g})"
        return ""


def agreement_rows(
    reference: str,
    prepared: Prepared,
    measured: Mapping[str, Collection[str]],
    library: Mapping[str, GeneSet],
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
    gene_set: GeneSet, there: Collection[str], own: Collection[str]
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
    row = {
        "n_genes": len(genes),
        "n_part": n_part,
        "n_whole": n_whole,
        "correlation": None,
        "status": "not_available",
        "reason": reason,
    }
    return row, part, whole


def _present(gene_set: GeneSet, among: Collection[str]) -> tuple[list[str], list[str]]:
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


def agreements(table: pd.DataFrame, cohort: str) -> dict[str, Agreement]:
    """Gene set -> what the references say of its part in ``cohort``; left out where none can tell."""
    rows = table[(table["cohort"] == cohort) & (table["status"] == "ok")]
    return {str(name): _least(group) for name, group in rows.groupby("signature", sort=False)}


def _least(group: pd.DataFrame) -> Agreement:
    least = group.iloc[int(group["correlation"].argmin())]
    return Agreement(float(least["correlation"]), str(least["reference"]), _texts(group["reference"]))


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)

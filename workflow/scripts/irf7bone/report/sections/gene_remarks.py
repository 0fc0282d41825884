"""What to know of the genes behind the scores: rows that are not what they are called, sets that share most
genes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.base.phrases import counted, listed
from irf7bone.report.html.section import Finding

if TYPE_CHECKING:
    from irf7bone.genes.signatures import Signature

SHARED, FEWEST_SHARED = 0.5, 10  # of the smaller set; smaller overlaps are of no use to name


def identity_findings(coverage: pd.DataFrame, simulated: Collection[str]) -> tuple[Finding, ...]:
    """Signatures of a gene that were refused, each with its evidence, and how many members are doubted.

    Args:
        coverage: :data:`irf7bone.tables.cohort.COVERAGE` of every cohort.
        simulated: Ids of simulated cohorts, of which nothing is said.
    """
    real = coverage[~coverage["cohort"].isin(list(simulated))]
    refused = real[real["status"] == "not_measured"]
    found = [
        Finding(
            f"{row['signature']} has no score in {row['cohort']}: {row['reason']}, so it is not scored alone."
        )
        for row in refused.to_dict("records")
    ]
    doubted: dict[str, set[str]] = {}
    for row in real[real["discordant"].notna()].to_dict("records"):
        doubted.setdefault(row["cohort"], set()).update(row["discordant"].split(","))
    if doubted:
        said = [f"{', '.join(sorted(genes))} in {cohort}" for cohort, genes in doubted.items()]
        found.append(
            Finding(
                "Genes that do not correlate with those that published sets list with them, because of the "
                f"measurement or of the tumours: {'; '.join(said)}. They are used as members of larger "
                "signatures (results/scores/*.genes.tsv)."
            )
        )
    return tuple(found)


def overlap_findings(signatures: Mapping[str, Signature]) -> tuple[Finding, ...]:
    """Scored interferon signatures that share so many genes that one tells little beyond the other.

    Args:
        signatures: The selected ones by name.
    """
    sets = {name: set(one.genes) for name, one in signatures.items() if one.role == "interferon"}
    said = []
    for first, second in combinations(sets, 2):
        small, large = sorted((first, second), key=lambda name: len(sets[name]))
        shared = len(sets[small] & sets[large])
        if FEWEST_SHARED <= shared < len(sets[small]) and shared >= SHARED * len(sets[small]):
            said.append(f"{small} shares {shared} of its {counted(len(sets[small]), 'gene')} with {large}")
    if not said:
        return ()
    apart = sets_apart(sets)
    told = f" What only one of them has is scored as {listed(apart)}." if apart else ""
    return (
        Finding(
            f"{listed(said)}: results of such a pair cannot be told apart, and agreement between them is no "
            f"second finding.{told}"
        ),
    )


def sets_apart(sets: Mapping[str, set[str]]) -> list[str]:
    """Those of the sets that are what one of the others has and another has not."""
    pairs = [(sets[one], sets[other]) for one in sets for other in sets if one != other]
    made = [one - other for one, other in pairs if one & other and one - other]
    return [name for name, genes in sets.items() if genes in made]

"""Is the row under a gene's name that gene? Every gene of the selected signatures in one cohort is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from irf7bone.base.vocabulary import (
    DISCORDANT,
    FEWEST_COMPANIONS,
    FOLLOWS,
    NOT_MEASURED,
    NOT_TOLD,
    UNRELATED,
)
from irf7bone.genes.companions import CitedSet, Companions, Company, Nearest, follows
from irf7bone.scoring.agreement import ScorableSignature
from irf7bone.scoring.engine import Prepared
from irf7bone.tables.cohort import GENE_IDENTITY

MOST_SAMPLES = 5_000  # of a large cohort are asked: they know a correlation to 0.014
_NEAREST_NAMED = 3  # of the genes that a row correlates with instead, in a reason


def gene_identity(
    cohort: str,
    prepared: Prepared,
    selected: Mapping[str, ScorableSignature],
    library: Mapping[str, CitedSet],
    source_ids: Mapping[str, str],
) -> pd.DataFrame:
    """Ask the companions of every gene of the selected signatures whether it is what its name says.

    A gene that correlates with its companions no closer than other genes do is ``discordant``: its silencing
    in some tumours would look like that, so it stays. A gene that is a signature by itself is
    ``not_measured`` where it has nothing to do with them and another identity shows: it belongs to genes
    that have nothing to do with them either, or it is as quiet as the quietest genes and without any partner.
    A member of a larger signature is never refused.

    Args:
        cohort: Cohort id.
        prepared: Its expression; of a large cohort that of some samples.
        selected: Signatures that are scored.
        library: All published gene sets there are; they say which genes are companions.
        source_ids: Gene -> ids of the source's rows behind it.

    Returns:
        :data:`irf7bone.tables.cohort.GENE_IDENTITY`, one row for each measured gene of the signatures, by
        name.
    """
    company = Company(prepared, library)
    held = Counter(gene for one in selected.values() for gene in dict.fromkeys((*one.up, *one.down)))
    alone = single_genes(selected)
    genes = sorted(gene for gene in held if gene in company.position)
    found = {gene: companions for gene in genes if (companions := company.of(gene)) is not None}
    closer = dict(zip(found, company.closer(list(found.values())), strict=True))
    rows = []
    for gene in genes:
        row: dict[str, Any] = {
            "cohort": cohort,
            "gene": gene,
            "source_ids": source_ids.get(gene),
            "alone": gene in alone.values(),
            "n_signatures": held[gene],
        }
        if gene not in found:
            row |= {
                "identity": NOT_TOLD,
                "reason": f"no {FEWEST_COMPANIONS} companions that go together here",
            }
        else:
            row |= _asked(company, gene, found[gene], float(closer[gene]), alone=row["alone"])
        rows.append(row)
    return GENE_IDENTITY.cast(pd.DataFrame(rows, columns=GENE_IDENTITY.names))


def _asked(
    company: Company, gene: str, companions: Companions, closer: float, *, alone: bool
) -> dict[str, object]:
    row: dict[str, object] = {
        "n_companions": companions.core.size,
        "cohesion": companions.cohesion,
        "correlation": companions.correlation,
        "upper_99": companions.upper,
        "closer": closer,
        "identity": FOLLOWS,
        "reason": None,
    }
    if follows(closer):
        return row
    said = (
        f"the row named {gene} does not behave like {gene} (correlation with the {companions.core.size} "
        f"genes that it should follow {companions.correlation:.2f}, upper 99 % limit {companions.upper:.2f}; "
        f"these with each other {companions.cohesion:.2f})"
    )
    row |= {"identity": DISCORDANT, "reason": said}
    if not alone:
        return row
    nearest = company.nearest(gene, companions)
    row |= {
        "nearest": ",".join(nearest.genes),
        "nearest_correlation": nearest.correlation,
        "nearest_by_chance": nearest.by_chance,
        "nearest_companions": nearest.companions,
        "nearest_with_companions": nearest.with_companions,
        "spread": nearest.spread,
    }
    if companions.upper < UNRELATED and (instead := _another(nearest)):
        row |= {"identity": NOT_MEASURED, "reason": f"{said} and {instead}"}
    return row


def _another(nearest: Nearest) -> str:
    """The other identity in words; empty where none shows."""
    if nearest.another_module:
        named = ", ".join(nearest.genes[:_NEAREST_NAMED])
        return (
            f"follows {named} and others instead (mean correlation {nearest.correlation:.2f}), which have "
            f"nothing to do with those genes ({nearest.with_companions:.2f})"
        )
    if nearest.noise:
        return (
            f"follows no gene more than chance would have it ({nearest.correlation:.2f}), and it varies as "
            f"little as the quietest {100 * nearest.spread:.0f} % of the genes"
        )
    return ""


def single_genes(selected: Mapping[str, ScorableSignature]) -> dict[str, str]:
    """Signature -> its gene, for those of a single gene."""
    genes = {name: tuple(dict.fromkeys((*one.up, *one.down))) for name, one in selected.items()}
    return {name: of_one[0] for name, of_one in genes.items() if len(of_one) == 1}


def not_measured(identities: pd.DataFrame, selected: Mapping[str, ScorableSignature]) -> dict[str, str]:
    """Signatures of a single gene whose row is not that gene, with the evidence.

    Args:
        identities: :data:`irf7bone.tables.cohort.GENE_IDENTITY` of one cohort.
        selected: Signatures that are scored.
    """
    refused = identities[identities["identity"] == NOT_MEASURED].set_index("gene")["reason"]
    return {name: str(refused[gene]) for name, gene in single_genes(selected).items() if gene in refused}


def discordant_members(
    identities: pd.DataFrame, selected: Mapping[str, ScorableSignature]
) -> dict[str, list[str]]:
    """Signature -> those of its genes that do not correlate with their companions; the same arguments."""
    flagged = set(identities.loc[identities["identity"].isin((DISCORDANT, NOT_MEASURED)), "gene"])
    return {name: sorted(flagged.intersection((*one.up, *one.down))) for name, one in selected.items()}

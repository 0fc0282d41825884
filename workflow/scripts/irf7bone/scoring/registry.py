"""The scoring methods by name: what each is and whose it is; which module holds it is in `functions`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScoreMethod:
    """One scoring method.

    Args:
        label: Name in figures and tables.
        citation: Key in data/references.bib of the work that published the method.
        description: One sentence for the methods text of the report.
        relative_to_cohort: True where a gene is compared with the same gene in the other samples, so
            that a gene without variance has nothing to say and is left out. False where a sample is
            scored by itself: there such a gene keeps its rank among the others, and the score does not
            change when samples are added or dropped.
    """

    label: str
    citation: str
    description: str
    relative_to_cohort: bool


METHODS: dict[str, ScoreMethod] = {
    "zscore": ScoreMethod(
        label="combined z-score",
        citation="lee2008",
        description="mean of the within-cohort gene z-scores, times the square root of the number of genes",
        relative_to_cohort=True,
    ),
    "ssgsea": ScoreMethod(
        label="ssGSEA",
        citation="barbie2009",
        description="enrichment of the genes among the ranks of one sample, weight 0.25, not normalised",
        relative_to_cohort=False,
    ),
    "singscore": ScoreMethod(
        label="singscore",
        citation="foroutan2018",
        description="mean rank of the genes in one sample, scaled to its theoretical range and centred",
        relative_to_cohort=False,
    ),
    "gsva": ScoreMethod(
        label="GSVA",
        citation="haenzelmann2013",
        description="enrichment of the genes after a Gaussian kernel estimate of each gene's distribution, "
        "largest positive plus largest negative deviation",
        relative_to_cohort=True,
    ),
    "plage": ScoreMethod(
        label="PLAGE",
        citation="tomfohr2005",
        description="first right-singular vector of the gene z-scores, its sign that of the mean z-score",
        relative_to_cohort=True,
    ),
}

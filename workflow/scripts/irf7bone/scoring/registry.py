"""The scoring methods by name: what each is and whose it is; which module holds it is in `functions`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ScoreMethod:
    """One scoring method.

    Args:
        label: Name in figures and tables.
        citation: Where the method was published.
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
        citation="Lee E, Chuang HY, Kim JW, Ideker T, Lee D. Inferring pathway activity toward precise "
        "disease classification. PLoS Comput Biol 2008;4:e1000217.",
        description="mean of the within-cohort gene z-scores, times the square root of the number of genes",
        relative_to_cohort=True,
    ),
    "ssgsea": ScoreMethod(
        label="ssGSEA",
        citation="Barbie DA, Tamayo P, Boehm JS, et al. Systematic RNA interference reveals that oncogenic "
        "KRAS-driven cancers require TBK1. Nature 2009;462:108-112.",
        description="enrichment of the genes among the ranks of one sample, weight 0.25, not normalised",
        relative_to_cohort=False,
    ),
    "singscore": ScoreMethod(
        label="singscore",
        citation="Foroutan M, Bhuva DD, Lyu R, Horan K, Cursons J, Davis MJ. Single sample scoring of "
        "molecular phenotypes. BMC Bioinformatics 2018;19:404.",
        description="mean rank of the genes in one sample, scaled to its theoretical range and centred",
        relative_to_cohort=False,
    ),
    "gsva": ScoreMethod(
        label="GSVA",
        citation="Hänzelmann S, Castelo R, Guinney J. GSVA: gene set variation analysis for microarray and "
        "RNA-seq data. BMC Bioinformatics 2013;14:7.",
        description="enrichment of the genes after a Gaussian kernel estimate of each gene's distribution, "
        "largest positive plus largest negative deviation",
        relative_to_cohort=True,
    ),
    "plage": ScoreMethod(
        label="PLAGE",
        citation="Tomfohr J, Lu J, Kepler TB. Pathway level analysis of gene expression using singular value "
        "decomposition. BMC Bioinformatics 2005;6:225.",
        description="first right-singular vector of the gene z-scores, its sign that of the mean z-score",
        relative_to_cohort=True,
    ),
}

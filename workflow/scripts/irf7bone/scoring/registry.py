"""The scoring methods by name: what each is, whose it is and which module holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class ScoreMethod:
    """One scoring method.

    Args:
        module: Full name of the module whose ``score(prepared, sets)`` is the method. It is imported
            when the method is first used, because one of them needs a heavy library; the name is
            spelt out so that the hash of the package's code finds the module.
        label: Name in figures and tables.
        citation: Key in data/references.bib of the work that published the method.
        description: One sentence for the methods text of the report.
        relative_to_cohort: True where a gene is compared with the same gene in the other samples, so
            that a gene without variance has nothing to say and is left out. False where a sample is
            scored by itself: there such a gene keeps its rank among the others, and the score does not
            change when samples are added or dropped.
    """

    module: str
    label: str
    citation: str
    description: str
    relative_to_cohort: bool

    @property
    def function(self) -> Callable:
        """``score(prepared, sets)``: scores of shape (n_sets, n_samples) for a 0/1 sets x genes matrix."""
        return import_module(self.module).score


METHODS: dict[str, ScoreMethod] = {
    "zscore": ScoreMethod(
        module="irf7bone.scoring.zscore",
        label="combined z-score",
        citation="lee2008",
        description="mean of the within-cohort gene z-scores, times the square root of the number of genes",
        relative_to_cohort=True,
    ),
    "ssgsea": ScoreMethod(
        module="irf7bone.scoring.ssgsea",
        label="ssGSEA",
        citation="barbie2009",
        description="enrichment of the genes among the ranks of one sample, weight 0.25, not normalised",
        relative_to_cohort=False,
    ),
    "singscore": ScoreMethod(
        module="irf7bone.scoring.singscore",
        label="singscore",
        citation="foroutan2018",
        description="mean rank of the genes in one sample, scaled to its theoretical range and centred",
        relative_to_cohort=False,
    ),
    "gsva": ScoreMethod(
        module="irf7bone.scoring.gsva",
        label="GSVA",
        citation="haenzelmann2013",
        description="enrichment of the genes after a Gaussian kernel estimate of each gene's distribution, "
        "largest positive plus largest negative deviation",
        relative_to_cohort=True,
    ),
    "plage": ScoreMethod(
        module="irf7bone.scoring.plage",
        label="PLAGE",
        citation="tomfohr2005",
        description="first right-singular vector of the gene z-scores, its sign that of the mean z-score",
        relative_to_cohort=True,
    ),
}

"""Figures: each function takes the table it draws and returns a matplotlib figure.

This file stays light; :mod:`irf7bone.figures.plot_cohort` is what scripts call.
"""

from __future__ import annotations

from collections.abc import Sequence

IRF7_SIGNATURE = "IRF7"
# one figure each: of a cohort, of each endpoint of a cohort, over cohorts, of each endpoint over cohorts
COHORT_FIGURES = ("quality", "scores", "signature_quality")
COHORT_ENDPOINT_FIGURES = ("curves", "null", "checks")
ONE_COLUMN_FIGURES = ("curve",)  # of each endpoint of a cohort: for papers, not on the page
POOLED_FIGURES = ("sites", "competing", "by_er", "subtypes", "specifications", "immune", "funnel")
EXPERIMENT_FIGURES = ("volcano", "slopes", "heatmap", "enrichment", "composition")  # of each contrast
POOLED_ENDPOINT_FIGURES = ("forest", "overview", "null", "genes")


def key_signatures(primary: str, proliferation: str, selected: Sequence[str]) -> tuple[str, ...]:
    """The signatures that are drawn one by one: the primary, IRF7 alone, and proliferation."""
    wanted = dict.fromkeys((primary, IRF7_SIGNATURE, proliferation))
    return tuple(name for name in wanted if name in selected)


def cohort_figures(endpoints: Sequence[str]) -> tuple[str, ...]:
    """Names of the figures of a cohort with these endpoints."""
    return (
        *COHORT_FIGURES,
        *(f"{kind}_{endpoint}" for endpoint in endpoints for kind in COHORT_ENDPOINT_FIGURES),
    )


def one_column_figures(endpoints: Sequence[str]) -> tuple[str, ...]:
    """Names of the figures of a cohort that are one column wide, beside :func:`cohort_figures`."""
    return tuple(f"{kind}_{endpoint}" for endpoint in endpoints for kind in ONE_COLUMN_FIGURES)


def pooled_figures(endpoints: Sequence[str]) -> tuple[str, ...]:
    """Names of the figures over cohorts."""
    return (
        *POOLED_FIGURES,
        *(f"{kind}_{endpoint}" for endpoint in endpoints for kind in POOLED_ENDPOINT_FIGURES),
    )


def experiment_figures(contrasts: Sequence[str]) -> tuple[str, ...]:
    """Names of the figures of an experiment with these contrasts."""
    return ("samples", *(f"{contrast}_{kind}" for contrast in contrasts for kind in EXPERIMENT_FIGURES))


CELL_FIGURES = ("composition", "markers", "map", "cytotoxic", "quality", "copy_number", "confusion")
POOLED_CELL_FIGURES = ("forest",)
CELL_CONTRAST_FIGURES = ("scores", "signatures", "split")


def cell_figures(contrasts: Sequence[str], *, labelled: bool) -> tuple[str, ...]:
    """Names of the figures of a single-cell data set; calls are held against labels only where there are
    labels.
    """
    own = [name for name in CELL_FIGURES if labelled or name != "confusion"]
    return (*(f"{contrast}_{kind}" for contrast in contrasts for kind in CELL_CONTRAST_FIGURES), *own)

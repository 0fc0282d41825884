"""The table of every single gene against outcome, in each cohort and pooled."""

from __future__ import annotations

from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.tables.columns import (
    BAYESIAN,
    COHORT,
    ENDPOINT,
    ESTIMATE,
    MODEL,
    SAMPLE,
    STATUS,
    count,
    number,
    text,
)
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.outcome import CURVES

GENE_MODELS = ("unadjusted", "proliferation")
FAMILY = ["cohort", "endpoint", "model"]  # genes are corrected for each other within these
_QUOTED = BAYESIAN[:3]
OF_POOLS = tuple(column.name for column in _QUOTED)  # missing in the rows of cohorts

EVERY_GENE = Table(
    "genes.tsv.gz",
    key=("gene", "cohort", "endpoint", "model"),
    columns=(
        text("gene", "current HGNC symbol"),
        text("cohort", f"id of a cohort of patients, or {POOLED_ROW} where at least two have an estimate"),
        ENDPOINT,
        MODEL,
        count("k", "cohorts in the estimate"),
        count("n", "samples in the fit", nullable=True),
        count("n_events", "events in the fit", nullable=True),
        text("estimator", "cox or firth, as in associations.tsv", nullable=True, allowed=("cox", "firth")),
        *ESTIMATE,
        *_QUOTED,
        number("q", "Benjamini-Hochberg over the genes of this cohort (or pool), endpoint and model", 0, 1),
        Column("rank", "integer", "by p among those of them with as many cohorts", nullable=True, low=1),
        count("n_ranked", "how many these are", nullable=True),
        Column("interferon", "flag", "whether it is in a selected interferon signature"),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p", "q"),
    digits=8,
)

# Curves of a gene, without the curves: thousands of genes would be tens of megabytes of steps.
TERTILES = "LMH"
GENE_TERTILES = Table(
    "gene_tertiles.tsv.gz",
    key=("cohort", "endpoint", "gene"),
    columns=(
        COHORT,
        ENDPOINT,
        text("gene", "current HGNC symbol; as written in the config where it is no gene's name"),
        count("n", "patients with this endpoint"),
        count("n_events", "of these with the event"),
        text(
            "tertiles",
            "L, M or H (low, middle, high) for each of these patients, in the order of gene_follow_up.tsv",
            nullable=True,
        ),
        *STATUS,
    ),
)
GENE_FOLLOW_UP = Table(
    "gene_follow_up.tsv",
    key=("cohort", "endpoint", "place"),
    columns=(
        COHORT,
        ENDPOINT,
        Column("place", "integer", "of the patient's letter in tertiles, from 1; by time", low=1),
        SAMPLE,
        number("entry_months", "from when at risk; NA where all are from the start"),
        number("time_months", "end of follow-up", nullable=False),
        Column("cause", "integer", "0 censored, 1 the event, 2 a competing event", low=0, high=2),
    ),
)
GENE_CURVES = Table("gene_curves.tsv", key=CURVES.key, columns=CURVES.columns)

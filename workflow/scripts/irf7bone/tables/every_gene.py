"""The table of every single gene against outcome, in each cohort and pooled."""

from __future__ import annotations

from irf7bone.base.vocabulary import POOLED_ROW
from irf7bone.tables.columns import ENDPOINT, ESTIMATE, MODEL, STATUS, count, number, text
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.outcome import CURVES

GENE_MODELS = ("unadjusted", "proliferation")
FAMILY = ["cohort", "endpoint", "model"]  # genes are corrected for each other within these

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
        number("q", "Benjamini-Hochberg over the genes of this cohort (or pool), endpoint and model", 0, 1),
        Column("rank", "integer", "by p among those of them with as many cohorts", nullable=True, low=1),
        count("n_ranked", "how many these are", nullable=True),
        Column("interferon", "flag", "whether it is in a selected interferon signature"),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p", "q"),
    digits=8,
)

GENE_CURVES = Table("gene_curves.tsv", key=CURVES.key, columns=CURVES.columns)

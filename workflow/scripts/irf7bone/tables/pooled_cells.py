"""The tables over several single-cell data sets: malignant parts of signatures, and what is pooled."""

from __future__ import annotations

from irf7bone.base.cells_vocabulary import (
    CELL_STATUSES,
    CELL_VERDICTS,
    NO_COMPARTMENT,
    OK,
    POOLED_RULES,
    TOO_FEW_GENES,
    TOO_FEW_PATIENTS,
    TOO_FEW_SETS,
)
from irf7bone.base.experiment_vocabulary import DIRECTIONS, MEANINGS
from irf7bone.tables.cells import COMPARTMENT
from irf7bone.tables.columns import METHOD, SIGNATURE, correlation, count, number, share, text
from irf7bone.tables.contract import Column, Table

NAME = text("name", "name of the derived signature; that of simulated cells begins with SIMULATED_")

MALIGNANT_GENES = Table(
    "genes of malignant parts",
    key=("name", "gene"),
    columns=(
        NAME,
        SIGNATURE,
        text("gene", "human symbol"),
        count("n_data_sets", "single-cell data sets in which three patients or more have 10 counts of it"),
        count("n_patients", "patients of these with 10 counts or more"),
        share(
            "share", "share of malignant cells in its counts, mean over data sets of the mean over patients"
        ),
        share("lowest", "of the data sets"),
        share("highest", "of the data sets"),
        Column("passes", "flag", "its share is the smallest allowed or more"),
        Column("used", "flag", "it is in the derived signature: it passes, and genes enough do"),
        text("status", "ok, or why it has no share", allowed=(OK, TOO_FEW_PATIENTS, NO_COMPARTMENT)),
        text("reason", "in words, where status is not ok", nullable=True),
    ),
)

MALIGNANT_PARTS = Table(
    "malignant parts",
    key=("name",),
    columns=(
        NAME,
        SIGNATURE,
        text("data_sets", "the single-cell data sets it rests on", nullable=True),
        count("n_data_sets", "how many these are"),
        count("n_patients", "their patients with malignant and other cells enough"),
        count("n_genes", "genes of the signature"),
        count("n_measured", "of these, with a share"),
        count("n_passing", "of these, with a share of min_share or more"),
        count("n_used", "genes of the derived signature"),
        share("min_share", "the smallest share allowed", nullable=False),
        share("median_share", "over the measured genes"),
        text("status", "ok, or why it has no genes", allowed=(OK, TOO_FEW_GENES, NO_COMPARTMENT)),
        text("reason", "in words, where status is not ok", nullable=True),
    ),
)

ROLE = text("role", "real or simulated: never pooled together", allowed=("real", "simulated"))
MEANING = text("meaning", "what the contrasts mean for the claim", allowed=MEANINGS)
SETS = (
    count("k", "data sets that are pooled"),
    text("data_sets", "their ids", nullable=True),
    count("n_patients", "patients of these"),
)
SPREAD = (
    number("tau", "posterior mean of the standard deviation between data sets, of g or Fisher's z", low=0),
    share("below_0", "probability that the pooled value is below 0"),
)
POOLED_STATUS = (
    text("status", "ok, or why nothing is pooled", allowed=(OK, TOO_FEW_SETS)),
    text("reason", "in words, where status is not ok", nullable=True),
)
G = (
    number("estimate", "pooled Hedges' g, case minus reference"),
    number("ci_low", "lower end of its 95 % interval"),
    number("ci_high", "upper end of its 95 % interval"),
    number("further_low", "lower end of the 95 % interval of a further data set's g"),
    number("further_high", "upper end of it"),
)

POOLED_CONTRASTS = Table(
    "pooled cell contrasts",
    key=("role", "meaning", "compartment", "signature"),
    columns=(ROLE, MEANING, COMPARTMENT, SIGNATURE, METHOD, *SETS, *G, *SPREAD, *POOLED_STATUS),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

POOLED_LINKS = Table(
    "pooled link to cytotoxic cells",
    key=("role", "group", "measure"),
    columns=(
        ROLE,
        text("group", "group of the patients' samples"),
        text("measure", "how cytotoxic cells are measured"),
        *SETS,
        correlation("estimate", "pooled correlation, Fisher's z turned back"),
        correlation("ci_low", "lower end of its 95 % interval"),
        correlation("ci_high", "upper end of its 95 % interval"),
        correlation("further_low", "lower end of the 95 % interval of a further data set's correlation"),
        correlation("further_high", "upper end of it"),
        *SPREAD,
        *POOLED_STATUS,
    ),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

POOLED_CLAIM = Table(
    "pooled cell claim",
    key=("role", "meaning"),
    columns=(
        ROLE,
        MEANING,
        text("expected", "what the claim expects of interferon", allowed=tuple(DIRECTIONS.values())),
        COMPARTMENT,
        SIGNATURE,
        METHOD,
        *SETS,
        *G,
        *SPREAD,
        number("bulk_estimate", "pooled Hedges' g of all cells together"),
        number("bulk_ci_low", "lower end of its 95 % interval"),
        number("bulk_ci_high", "upper end of its 95 % interval"),
        count("n_not_specific", "data sets whose own verdict is not specific"),
        count("n_ambient", "data sets that a share of ambient RNA below 0.10 could explain"),
        text("verdict", "what the data sets together say of the claim", allowed=CELL_VERDICTS),
        text("rule", "the rule that fired", allowed=POOLED_RULES),
        *POOLED_STATUS,
    ),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

POOLED_FOREST = Table(
    "forest of cells",
    key=("panel", "role", "stratum", "data_set"),
    columns=(
        text("panel", "malignant, bulk: Hedges' g; clr_cytotoxic: correlation with cytotoxic cells"),
        ROLE,
        text("stratum", "meaning of the contrasts, or group of the patients"),
        text("data_set", "a data set, or pooled"),
        count("n_patients", "patients"),
        number("estimate", "g or correlation; NA where there is none"),
        number("ci_low", "lower end of its 95 % interval"),
        number("ci_high", "upper end of its 95 % interval"),
        text("status", "ok, or why there is none", allowed=(*CELL_STATUSES, TOO_FEW_SETS)),
        text("reason", "in words, where status is not ok", nullable=True),
    ),
)

# stem of the file in results/pooled_cells/ -> contract, where a study has two data sets or more
POOLED_CELL_TABLES: dict[str, Table] = {
    "contrasts": POOLED_CONTRASTS,
    "links": POOLED_LINKS,
    "claim": POOLED_CLAIM,
    "forest": POOLED_FOREST,
}

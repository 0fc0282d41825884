"""The tables over several single-cell data sets: malignant parts of signatures, and what is pooled."""

from __future__ import annotations

from irf7bone.base.cells_vocabulary import NO_COMPARTMENT, OK, TOO_FEW_GENES, TOO_FEW_PATIENTS
from irf7bone.tables.columns import SIGNATURE, count, share, text
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

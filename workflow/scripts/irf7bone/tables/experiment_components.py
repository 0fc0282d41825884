"""The table of what moves samples within the groups of a contrast."""

from __future__ import annotations

from irf7bone.tables.columns import METHOD, SIGNATURE, STATUS, count, number, share, text
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.experiment_columns import CONTRAST, DIFFERENCE, EXPERIMENT

COMPONENTS = Table(
    "experiment components",
    key=("experiment", "contrast", "component"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        count("component", "principal component within groups, 1 = largest"),
        share("share", "share of the variance within groups"),
        text("split_group", "group that it splits best; NA where none has 4 samples", nullable=True),
        share("split_p", "p of that split against normal samples, for all groups and components looked at"),
        text("low_samples", "samples of that group on the lower side", nullable=True),
        text("high_samples", "samples of that group on the upper side", nullable=True),
        text("genes", "the 20 genes with the largest loadings, own symbols, largest first", nullable=True),
        Column("named", "flag", "a fifth of the variance within groups or more, and split_p of 0.05 or less"),
        SIGNATURE,
        METHOD,
        Column("difference", "number", "case minus reference in standard deviations of the score, with the "
               "component in the model: a sensitivity analysis, which decides nothing", True),
        *DIFFERENCE[1:],
        number("inflation", "variance inflation: how much the component blurs the contrast", low=0),
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p", "inflation"),
)  # fmt: skip

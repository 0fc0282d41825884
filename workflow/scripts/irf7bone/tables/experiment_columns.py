"""Columns that the tables of experiments share."""

from __future__ import annotations

from irf7bone.base.experiment_vocabulary import CANNOT_DECIDE, SIDES
from irf7bone.tables.columns import count, number, share, text

EXPERIMENT = text("experiment", "experiment id")
CONTRAST = text("contrast", "contrast id")
GENE = text("gene", "symbol of the experiment's own organism")
SIDE = text("side", "up: genes of the signature; down: those of its DN half", allowed=SIDES)
SIZES = (
    count("n_case", "samples of the case group in the contrast"),
    count("n_reference", "samples of the reference group in the contrast"),
    count("n_pairs", "complete pairs; NA where the contrast is unpaired", nullable=True),
)

MIN_P = share("min_p", "smallest p that relabelling so few samples can give; above 0.05 it decides nothing")
CODE = text(
    "code", f"{CANNOT_DECIDE} where min_p is above 0.05; else NA", nullable=True, allowed=(CANNOT_DECIDE,)
)
DIFFERENCE = (
    number("difference", "case minus reference"),
    number("se", "its standard error"),
    number("ci_low", "lower end of its 95 % t interval"),
    number("ci_high", "upper end of its 95 % t interval"),
    number("df", "residual degrees of freedom", low=0),
    share("p", "two-sided p of the t test"),
)

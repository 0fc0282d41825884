"""Columns that the tables of experiments share."""

from __future__ import annotations

from irf7bone.contracts import Column
from irf7bone.experiments.words import SIDES
from irf7bone.words import STATUSES


def text(name: str, doc: str, **rules) -> Column:
    """A column of text."""
    return Column(name, "text", doc, **rules)


def count(name: str, doc: str, **rules) -> Column:
    """A column of whole numbers from 0 on."""
    return Column(name, "integer", doc, low=0, **rules)


def number(name: str, doc: str, **rules) -> Column:
    """A column of numbers, which may be missing."""
    return Column(name, "number", doc, **{"nullable": True, **rules})


def share(name: str, doc: str, **rules) -> Column:
    """A column of numbers between 0 and 1."""
    return number(name, doc, low=0, high=1, **rules)


EXPERIMENT = text("experiment", "experiment id")
CONTRAST = text("contrast", "contrast id")
GENE = text("gene", "symbol of the experiment's own organism")
SAMPLE = text("sample", "sample id")
SIGNATURE = text("signature", "signature name")
SIDE = text("side", "up: genes of the signature; down: those of its DN half", allowed=SIDES)
METHOD = text("method", "scoring method")
STATUS = (
    text("status", "ok, or why there is no estimate", allowed=STATUSES),
    text("reason", "in words, where status is not ok", nullable=True),
)
SIZES = (
    count("n_case", "samples of the case group in the contrast"),
    count("n_reference", "samples of the reference group in the contrast"),
    count("n_pairs", "complete pairs; NA where the contrast is unpaired", nullable=True),
)

DIFFERENCE = (
    number("difference", "case minus reference"),
    number("se", "its standard error"),
    number("ci_low", "lower end of its 95 % t interval"),
    number("ci_high", "upper end of its 95 % t interval"),
    number("df", "residual degrees of freedom", low=0),
    share("p", "two-sided p of the t test"),
)

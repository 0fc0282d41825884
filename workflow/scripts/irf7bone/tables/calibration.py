"""How often the methods erred in simulations.

The table is made by ``make calibrate`` and committed: the workflow reads it and simulates nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.base.vocabulary import VERDICTS as WORDS_OF_VERDICT
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.verdict import SITE_WORDS

if TYPE_CHECKING:
    import pandas as pd

QUANTITIES = ("type_i_error", "coverage", "power", "share_of_p")
# inside these a method keeps its level: tests at 5 %, intervals at 95 %
TARGETS = {"type_i_error": (0.04, 0.06), "coverage": (0.935, 0.965)}
# with fewer the Monte Carlo error is above 1 %, and a share is shown without a verdict
FEWEST_TRIALS = 400
# below and above the target
MISSES = {"type_i_error": ("too seldom", "too often"), "coverage": ("too narrow", "too wide")}
VERDICTS = ("held", "too seldom", "too often", "too narrow", "too wide", "described")

CALIBRATION = Table(
    "data/calibration.tsv",
    key=("quantity", "method", "model", "endpoint", "regime", "planted"),
    columns=(
        Column(
            "quantity",
            "text",
            "type_i_error: tests of no effect with p < 0.05; coverage: 95 % intervals with the true value; "
            "power: planted effects found at 5 %; share_of_p: empirical p values below 0.05",
            allowed=QUANTITIES,
        ),
        Column("method", "text", "estimator or test"),
        Column("model", "text", "unadjusted, proliferation, clinical, full; none where there is none"),
        Column("endpoint", "text", "plain, cause_specific, subdistribution, sites; none elsewhere"),
        Column("regime", "text", "size of the simulated cohorts, in words"),
        Column("planted", "number", "log hazard ratio planted, or the truth that intervals should hold"),
        Column("n", "integer", "patients of a cohort", nullable=True, low=0),
        Column("n_events", "integer", "events of a cohort", nullable=True, low=0),
        Column("n_competing", "integer", "competing events of a cohort, on average", nullable=True, low=0),
        Column("trials", "integer", "tests or intervals simulated", low=1),
        Column("failed", "integer", "fits without a result, not among the trials", low=0),
        Column("share", "number", "share of the trials", low=0, high=1),
        Column("mc_error", "number", "Monte Carlo standard error of the share", low=0),
        Column(
            "verdict",
            "text",
            "whether the share lies within 4-6 % (tests) or 93.5-96.5 % (intervals), but for one mc_error; "
            "described: not judged, also where trials are under 400",
            allowed=VERDICTS,
        ),
    ),
)


VERDICT_FILE = "verdict.tsv"
# a word that was said in none of a cell's studies has no row
VERDICT_CALIBRATION = Table(
    "data/calibration/verdict.tsv",
    key=("scenario", "level", "k", "events_low", "events_high", "smallest_hr", "verdict"),
    columns=(
        Column("scenario", "text", "what is true in the simulated studies"),
        Column(
            "level",
            "text",
            "summary: estimates of all models drawn together; patient: patients drawn and fitted",
            allowed=("summary", "patient"),
        ),
        Column("k", "integer", "cohorts a study", low=1),
        Column("events_low", "integer", "fewest events a cohort", low=1),
        Column("events_high", "integer", "most events a cohort", low=1),
        Column("smallest_hr", "number", "the size looked for", low=0, high=1),
        Column("verdict", "text", "what is said", allowed=(*WORDS_OF_VERDICT, *SITE_WORDS)),
        Column(
            "share",
            "number",
            "share of the studies of which it is said; a word never said has no row",
            low=0,
            high=1,
        ),
        Column("se", "number", "Monte Carlo standard error of the share", low=0),
        Column("n_studies", "integer", "studies simulated", low=1),
    ),
)


def read_calibration(paths: Sequence[Path | str]) -> pd.DataFrame:
    """All tables of a folder as one, without the verdict's, which has columns of its own; empty for none.

    Raises:
        InputError: A table breaks its contract.
    """
    import pandas as pd

    parts = [CALIBRATION.read(path) for path in paths if Path(path).name != VERDICT_FILE]
    return CALIBRATION.cast(pd.concat(parts, ignore_index=True)) if parts else CALIBRATION.empty()

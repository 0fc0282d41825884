"""Rows of cohorts that failed: one for each planned result, and gone again where numbers are asked for."""

from __future__ import annotations

import math

import pandas as pd
from madeup import study as made

from irf7bone.pool.failed_cohorts import failed_rows, without_failed
from irf7bone.tables.completeness import missing_rows
from irf7bone.tables.outcome import ASSOCIATIONS


def test_every_planned_row_is_there_and_says_why():
    config = made.config()
    rows = failed_rows({"lost": "score_cohort: no", "gone": "fetch_cohort: no"}, config)
    sizes = (config.signatures.select, config.methods, config.endpoints, config.models)
    assert len(rows) == 2 * math.prod(map(len, sizes))
    ASSOCIATIONS.check(rows, "made up")
    assert set(rows["status"]) == {"failed"} and rows[["n", "log_hr", "p"]].isna().all(axis=None)
    assert set(rows.loc[rows["cohort"] == "lost", "reason"]) == {"score_cohort: no"}
    planned = dict(zip(("signature", "method", "endpoint", "model"), sizes, strict=True))
    assert missing_rows(ASSOCIATIONS, rows, "here", planned) == []


def test_what_was_done_is_left_as_it_was():
    done = made.cohort("alpha").associations
    both = pd.concat([done, failed_rows({"lost": "score_cohort: no"}, made.config())], ignore_index=True)
    pd.testing.assert_frame_equal(without_failed(both), done.reset_index(drop=True))

"""What Python programs say of samples: frames, series and lists are as good as arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.statistics import (
    aalen_johansen,
    benjamini_hochberg,
    cox_regression,
    fine_gray_regression,
    firth_regression,
    gray_test,
    harrell_c,
    logrank_test,
)

N = 12
MONTHS = np.arange(1.0, N + 1)
EVENT = np.array([1, 0, 1] * 4)
CAUSE = np.array([1, 0, 2] * 4)
SCORE = np.arange(N) % 5 + 0.0
GROUP = np.array(["a", "b"] * 6)
# each public function as one of follow-up, its outcome, and what else a sample has
CALLS = {
    "cox": (lambda time, what, more: cox_regression(more, time, what)["log_hr"].item(), EVENT, SCORE),
    "firth": (lambda time, what, more: firth_regression(more, time, what)["log_hr"].item(), EVENT, SCORE),
    "fine_gray": (
        lambda time, what, more: fine_gray_regression(more, time, what)["log_hr"].item(),
        CAUSE,
        SCORE,
    ),
    "harrell": (lambda time, what, more: harrell_c(time, what, more).c.item(), EVENT, SCORE),
    "gray": (lambda time, what, more: gray_test(time, what, more).p, CAUSE, GROUP),
    "logrank": (lambda time, what, more: logrank_test(time, what, more).p, EVENT, GROUP),
}
every_call = pytest.mark.parametrize(("call", "outcome", "more"), CALLS.values(), ids=list(CALLS))


@every_call
def test_series_and_lists_give_what_arrays_give(call, outcome, more):
    expected = call(MONTHS, outcome, more)
    assert np.isfinite(expected)
    # an index that is no range, and one that is a range in another order: places count, not labels
    for index in (pd.Index([f"P{i}" for i in range(N)]), pd.Index(range(N)[::-1])):
        assert call(*(pd.Series(values, index) for values in (MONTHS, outcome, more))) == expected
    assert call(list(MONTHS), list(outcome), list(more)) == expected


@every_call
def test_samples_in_another_order_are_refused(call, outcome, more):
    time, what, of = (pd.Series(values, range(N)) for values in (MONTHS, outcome, more))
    for given in ((time[::-1], what, of), (time, what[::-1], of), (time, what, of[::-1])):
        with pytest.raises(ValueError, match="must have one index, in one order"):
            call(*given)


@every_call
def test_follow_up_that_cannot_be_is_refused(call, outcome, more):
    def at_first(values, value):
        return np.concatenate([[value], values[1:].astype(float)])

    for time, what, said in (
        (at_first(MONTHS, np.nan), outcome, "time must be finite, 1 of 12"),
        (at_first(MONTHS, -1), outcome, "time must be 0 or more, 1 of 12 are below"),
        (MONTHS, at_first(outcome, np.nan), "must be finite, 1 of 12"),
        (MONTHS, outcome + 1, "must be 0(, 1)? or [12], not [23]"),
        (MONTHS, outcome[:-1], "one value for each of 12 samples"),
        (MONTHS[:0], outcome[:0], "one or more samples"),
        (MONTHS[:, None], outcome, "time must have one value for each"),
        (["soon"] * N, outcome, "time must be numbers"),
    ):
        with pytest.raises(ValueError, match=said):
            call(time, what, more)
    with pytest.raises(ValueError, match="12"):
        call(MONTHS, outcome, more[:-1])


def test_incidence_takes_a_series_and_refuses_other_causes():
    index = range(N)[::-1]
    found = aalen_johansen(pd.Series(MONTHS, index), pd.Series(CAUSE, index))
    np.testing.assert_array_equal(found.incidence, aalen_johansen(MONTHS, CAUSE).incidence)
    with pytest.raises(ValueError, match="cause must be 0, 1 or 2, not -1"):
        aalen_johansen(MONTHS, CAUSE - 1)
    with pytest.raises(ValueError, match="one or more samples"):
        aalen_johansen([], [])


@pytest.mark.parametrize(
    "call",
    [
        lambda entry: cox_regression(SCORE, MONTHS, EVENT, entry=entry),
        lambda entry: logrank_test(MONTHS, EVENT, GROUP, entry),
        lambda entry: aalen_johansen(MONTHS, EVENT, entry),
    ],
    ids=["cox", "logrank", "incidence"],
)
def test_who_enters_when_followed_up_already_is_refused(call):
    call(MONTHS - 0.5)
    with pytest.raises(ValueError, match="entry must be before time, 1 of 12 are not"):
        call(np.minimum(MONTHS - 0.5, 11.5) + np.where(MONTHS == 3, 0.5, 0))
    with pytest.raises(ValueError, match="entry must be finite"):
        call(np.where(MONTHS == 3, np.nan, MONTHS - 0.5))
    with pytest.raises(ValueError, match="entry must have one value for each of 12"):
        call([0.5])


@pytest.mark.parametrize("fit", [cox_regression, firth_regression, fine_gray_regression])
def test_covariates_and_strata_are_held_to_the_same_samples(fit):
    with pytest.raises(ValueError, match="covariates must be numbers"):
        fit(SCORE, MONTHS, EVENT, covariates=pd.DataFrame({"er": ["positive", "negative"] * 6}))
    with pytest.raises(ValueError, match="covariates must have a row for each of 12"):
        fit(SCORE, MONTHS, EVENT, covariates=SCORE[:-1])
    with pytest.raises(ValueError, match="covariates must be finite, 1 of 12"):
        fit(SCORE, MONTHS, EVENT, covariates=np.where(MONTHS == 2, np.nan, 1))
    with pytest.raises(ValueError, match="strata is missing for 1 of 12"):
        fit(SCORE, MONTHS, EVENT, strata=[None, *GROUP[1:]])
    with pytest.raises(ValueError, match="time and strata must have one index"):
        fit(SCORE, pd.Series(MONTHS), EVENT, strata=pd.Series(GROUP)[::-1])
    # a dict of series has names as a frame has
    with pytest.raises(ValueError, match="scores and time must have one index"):
        fit({"s": pd.Series(SCORE)}, pd.Series(MONTHS)[::-1], EVENT)


def test_a_group_that_is_missing_is_no_group():
    with pytest.raises(ValueError, match="group is missing for 1 of 12"):
        gray_test(MONTHS, CAUSE, [np.nan, *range(11)])
    with pytest.raises(ValueError, match="group is missing for 1 of 12"):
        logrank_test(MONTHS, EVENT, [None, *GROUP[1:]])


def test_a_frame_of_scores_has_samples_in_rows():
    scores = pd.DataFrame({"a": SCORE, "b": -SCORE})
    np.testing.assert_array_equal(
        harrell_c(MONTHS, EVENT, scores).c, harrell_c(MONTHS, EVENT, scores.to_numpy().T).c
    )
    with pytest.raises(ValueError, match="scores must be finite"):
        harrell_c(MONTHS, EVENT, np.where(MONTHS == 2, np.nan, 1))
    with pytest.raises(ValueError, match="or a frame of 12 rows"):
        harrell_c(MONTHS, EVENT, scores.to_numpy())


def test_one_family_of_p_values_is_asked_for():
    with pytest.raises(ValueError, match="none missing: leave out"):
        benjamini_hochberg([0.1, np.nan])
    with pytest.raises(ValueError, match="one family"):
        benjamini_hochberg([[0.1, 0.2]])

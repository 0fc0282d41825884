"""Premises of the verdict: each fails where it should, and only there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.verdict.premises import (
    CohortFacts,
    control_failed,
    is_pooled,
    non_proportional,
    overlap_codes,
    selection_codes,
    unadjusted_er,
)


def pairs(*rows: tuple[str, str, str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["cohort", "other_cohort", "sample", "evidence", "status"])


@pytest.mark.parametrize("status", ["same", "copy"])
def test_a_shared_patient_withholds_within_one_pool(status):
    table = pairs(("a", "b", "GSM12345", "profile", status))
    assert overlap_codes(table, ["a", "b", "c"]) == {"overlap_suspected"}
    assert overlap_codes(table, ["a", "c"]) == frozenset()


def test_the_same_cohort_three_times_withholds():
    table = pairs(
        *(
            (one, other, f"GSM{n}0000", "id and profile", "same")
            for one, other in (("a", "b"), ("a", "c"), ("b", "c"))
            for n in range(3)
        )
    )
    assert overlap_codes(table, ["a", "b", "c"]) == {"overlap_suspected"}


def test_a_patient_twice_in_one_cohort_is_no_overlap_of_cohorts():
    assert overlap_codes(pairs(("a", "a", "GSM12345", "profile", "copy")), ["a"]) == frozenset()


def test_pairs_without_a_finding_say_nothing():
    table = pairs(("a", "b", None, None, "none"), ("a", "c", None, None, "not_compared"))
    assert overlap_codes(table, ["a", "b", "c"]) == frozenset()


def test_contradicted_ids_withhold_only_beside_copies():
    contradicted = ("a", "b", "GSM12345", "id", "contradicted")
    assert overlap_codes(pairs(contradicted), ["a", "b"]) == {"contradicted_ids"}
    copies = pairs(contradicted, ("a", "b", "GSM12399", "profile", "copy"))
    assert "overlap_suspected" in overlap_codes(copies, ["a", "b"])


@pytest.mark.parametrize("sample", ["12", "0117", "P03", "row_0017", "T4", "sample12345"])
def test_row_numbers_and_short_ids_never_count(sample):
    assert overlap_codes(pairs(("a", "b", sample, "id", "same")), ["a", "b"]) == frozenset()
    both = pairs(("a", "b", sample, "id and profile", "same"))
    assert overlap_codes(both, ["a", "b"]) == {"overlap_suspected"}


def fits(*shares: float) -> pd.DataFrame:
    names = list("abcdef"[: len(shares)])
    return pd.DataFrame({"cohort": names, "n": 100, "n_events": [int(100 * share) for share in shares]})


@pytest.mark.parametrize(
    ("stated", "codes"), [(None, {"selected_on_outcome"}), (False, set()), (True, set())]
)
def test_nearly_all_events_ask_until_the_card_says(stated, codes):
    facts = {"a": CohortFacts("validation", stated), "b": CohortFacts("validation")}
    assert selection_codes(fits(0.97, 0.4), facts, "bone") == codes
    assert selection_codes(fits(0.9, 0.4), facts, "bone") == set()


def test_sampling_by_the_endpoint_is_a_remark():
    facts = {"a": CohortFacts("validation", False, frozenset({"distant"})), "b": CohortFacts("validation")}
    assert selection_codes(fits(0.4, 0.4), facts, "distant") == {"sampled_by_outcome"}
    assert selection_codes(fits(0.4, 0.4), facts, "death") == frozenset()


def test_who_is_pooled():
    assert is_pooled(CohortFacts("validation"))
    assert is_pooled(CohortFacts("validation", False))
    assert not is_pooled(CohortFacts("validation", True))
    assert not is_pooled(CohortFacts("discovery"))
    assert not is_pooled(CohortFacts("simulated"))


def test_weight_without_er():
    er, se = np.array(["none", "status", "restricted"]), np.array([0.2, 0.2, 0.2])
    assert unadjusted_er(er, se, 0.0)
    assert not unadjusted_er(er, np.array([0.6, 0.2, 0.2]), 0.0)
    # differences between cohorts make their weights alike
    assert unadjusted_er(er, np.array([0.6, 0.2, 0.2]), 1.0)
    assert not unadjusted_er(np.array(["status", "expression", "restricted"]), se, 0.0)


def test_control():
    se = np.full(4, 0.15)
    assert not control_failed(np.full(4, 0.4), se, 0.5)
    assert control_failed(np.zeros(4), se, 0.5)
    assert control_failed(np.full(4, -0.4), se, 0.5)
    assert control_failed(np.full(4, np.nan), se, 0.5)


def test_change_over_time_by_hand():
    change, se = np.array([0.4, 0.2, np.nan]), np.array([0.2, 0.1, np.nan])
    z = (0.4 / 0.04 + 0.2 / 0.01) / np.sqrt(1 / 0.04 + 1 / 0.01)
    assert z == pytest.approx(2.68, abs=0.01)
    assert non_proportional(change, se)
    assert non_proportional(-change, se)
    assert not non_proportional(change / 2, se)
    assert not non_proportional(np.full(2, np.nan), np.full(2, np.nan))

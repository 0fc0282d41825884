"""Designs: which samples, which model, and every refusal with its own message."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from irf7bone.base.errors import InputError
from irf7bone.experiments.design import Contrast, build_designs


def samples(groups: str, pairs: str = "", batches: str = "") -> pd.DataFrame:
    """One sample a letter: groups by letter, pairs and batches by digit, a dot for none."""
    table = pd.DataFrame({"group": pd.Categorical(list(groups))}, index=[f"S{i}" for i in range(len(groups))])
    table["pair"] = [None if c == "." else c for c in pairs or "." * len(groups)]
    if batches:
        table["batch"] = [None if c == "." else c for c in batches]
    return table


def contrast(case: str = "B", reference: str = "A", *, paired: bool = False, batch: bool = False) -> Contrast:
    return Contrast(f"{case}{reference}", case, reference, paired, batch, "loss_in_bone")


def build(obs: pd.DataFrame, *contrasts: Contrast):
    return build_designs("made", obs, list(contrasts))


def refused(obs: pd.DataFrame, *contrasts: Contrast) -> str:
    with pytest.raises(InputError) as error:
        build(obs, *contrasts)
    return str(error.value)


def test_unpaired_design_by_hand():
    design = build(samples("AABBC"), contrast())[0]
    assert design.samples == ("S0", "S1", "S2", "S3")
    np.testing.assert_array_equal(design.matrix, [[1, 0], [1, 0], [1, 1], [1, 1]])
    assert (design.n_case, design.n_reference, design.n_pairs, design.df_residual) == (2, 2, None, 2)
    assert design.model == "~ group" and design.exchangeable and not design.not_used


def test_paired_design_leaves_out_and_names_who_has_no_pair():
    design = build(samples("ABABA", "1122."), contrast(paired=True))[0]
    np.testing.assert_array_equal(design.matrix, [[1, 0, 0], [1, 0, 1], [1, 1, 0], [1, 1, 1]])
    assert design.n_pairs == 2 and design.not_used == {"S4": "no pair"} and design.model == "~ pair + group"
    np.testing.assert_array_equal(design.strata, [0, 0, 1, 1])


def test_batch_is_a_factor_and_the_stratum_of_relabelling():
    design = build(samples("ABABAB", batches="112233"), contrast(batch=True))[0]
    assert design.matrix.shape == (6, 4) and design.model == "~ batch + group" and design.batch
    np.testing.assert_array_equal(design.strata, [0, 0, 1, 1, 2, 2])


def test_a_single_batch_is_no_factor():
    design = build(samples("ABAB", batches="1111"), contrast(batch=True))[0]
    assert design.model == "~ group" and not design.batch


def test_batch_within_pairs_forbids_relabelling():
    crossed = build(samples("ABABABAB", "11223344", "12211221"), contrast(paired=True, batch=True))[0]
    assert not crossed.exchangeable and crossed.matrix.shape == (8, 6)
    nested = build(samples("ABABABAB", "11223344", "11112222"), contrast(paired=True, batch=True))[0]
    assert nested.exchangeable and nested.matrix.shape == (8, 5)


@pytest.mark.parametrize(
    ("obs", "asked", "words"),
    [
        (
            samples("AABB"),
            contrast(case="X"),
            ["a group of the experiment: A, B", "'X', which no sample has"],
        ),
        (samples("AAB"), contrast(), ["a group of one has no variance", "S2"]),
        (samples("AABB"), contrast("A", "A"), ["'A' against itself"]),
        (
            samples("ABABA", "11223"),
            contrast(paired=True),
            ["1 of 3 pairs with members of one group only", "first:    3"],
        ),
        (samples("AABB"), contrast(paired=True), ["no sample with a pair"]),
        (samples("ABABA", "11..."), contrast(paired=True), ["2 complete pairs or more"]),
        (
            samples("AABB", batches="1122"),
            contrast(batch=True),
            ["confounded", "batch 1: 2 A", "batch 2: 2 B"],
        ),
        (samples("AABB", batches="12.2"), contrast(batch=True), ["1 of 4 without", "S2"]),
        (samples("AABB"), contrast(batch=True), ["4 of 4 without"]),
        (samples("ABAB", batches="1223"), contrast(batch=True), ["4 samples for 4 coefficients"]),
    ],
    ids=[
        "no such group",
        "group of one",
        "same group",
        "pair with one member",
        "no pairs",
        "one pair",
        "confounded",
        "batch missing",
        "no batch",
        "saturated",
    ],
)
def test_each_bad_design_has_its_own_message(obs, asked, words):
    said = refused(obs, asked)
    assert said.startswith("1 problem")
    for word in ["experiment made, contrast", "remedy:", *words]:
        assert word in said


def test_all_problems_are_said_at_once():
    said = refused(samples("AAB", batches="112"), contrast(), contrast(case="X"))
    assert said.startswith("2 problems")


def test_an_interaction_by_hand():
    """Cells A, B without and C, D with the other factor; the effect is (D - C) - (B - A)."""
    than = Contrast("x", "D", "C", False, False, "other", than=("B", "A"))
    design = build(samples("AABBCCDDE"), than)[0]
    np.testing.assert_array_equal(
        design.matrix[::2], [[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0], [1, 0, 1, 1]]
    )
    assert (design.n_case, design.n_reference, design.df_residual) == (2, 2, 4) and not design.exchangeable
    assert design.model == "~ first factor + second factor + interaction"
    assert than.effect == "(D minus C) minus (B minus A)"
    assert "a group of one has no variance" in refused(samples("AABBCCD"), than)
    assert "'B', which no sample has" in refused(samples("AACCDD"), than)


def test_an_interaction_within_pairs_needs_pairs_that_tell_it():
    than = Contrast("x", "D", "C", True, False, "other", than=("B", "A"))
    told = build(samples("ABABCDCD", "11223344"), than)[0]
    assert told.matrix.shape == (8, 6) and told.n_pairs == 4
    # the two factors always change together: the interaction is not their difference
    assert "pairs that decide it" in refused(samples("ADADBCBC", "11223344"), than)


def test_ordered_groups_by_hand():
    line = Contrast("x", "C", "A", False, False, "other", at={"A": 0, "B": 6, "C": 24})
    design = build(samples("AABBCC"), line)[0]
    np.testing.assert_allclose(design.matrix[:, 1], [0, 0, 0.25, 0.25, 1, 1])
    assert (design.n_case, design.n_reference, design.smallest_group, design.df_residual) == (2, 2, 2, 4)
    assert design.model == "~ place of the group" and "through 3 groups" in line.effect

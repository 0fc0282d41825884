"""The verdict on an experiment: each rule fires on its case, and alike in both directions."""

from __future__ import annotations

import dataclasses
import math

import pytest

from irf7bone.experiments.claim.rules import RULES, VERDICTS, Evidence, composition_warning, decide
from irf7bone.experiments.claim.sentences import Marker, p_words

HELD = Marker("LEUKOCYTE", -1.2, -1.3, -2.0, -0.6)
UNDONE = Marker("EPITHELIAL", -1.5, -0.4, -1.4, 0.6)
BLURRED = Marker("LEUKOCYTE", -1.5, -1.2, -2.8, 0.4)
IMPOSSIBLE = Marker("MARROW", -1.5, math.nan, math.nan, math.nan)
BONE = Marker("BONE", 2.3, -0.1, -3.0, 2.8)
CLEAR = Evidence(
    expected=-1,
    case="lesion",
    reference="primary",
    sample_words="8 pairs",
    signature="IFN",
    difference=-1.5,
    low=-2.3,
    high=-0.7,
    p=0.003,
    permutation_p=0.008,
    smallest_p=0.0078,
    camera_p=0.001,
    reason=None,
    markers=(),
    not_measured=(),
)
NOTHING = {"difference": math.nan, "low": math.nan, "high": math.nan, "p": math.nan, "reason": "coverage 0.1"}
CASES = [
    ({"expected": 0}, "E1", "not judged"),
    ({"expected": 0, **NOTHING}, "E1", "not judged"),
    (NOTHING, "E2", "too little data"),
    ({"difference": -0.5, "low": -1.6, "high": 0.6, "p": 0.3}, "E3", "too little data"),
    ({"difference": 0.2, "low": -0.6, "high": 1.0, "p": 0.6, "smallest_p": 0.1}, "E3", "too little data"),
    ({"difference": 0.2, "low": -0.6, "high": 1.0, "p": 0.6}, "E4", "no evidence"),
    ({"permutation_p": 0.1, "smallest_p": 0.1}, "E5", "too little data"),
    ({"permutation_p": math.nan, "smallest_p": 0.1}, "E5", "too little data"),
    ({"camera_p": 0.2}, "E6", "not specific"),
    ({"markers": (UNDONE,)}, "E7", "not specific"),
    ({"markers": (HELD, UNDONE)}, "E7", "not specific"),
    ({"markers": (BLURRED,)}, "E8", "too little data"),
    ({"markers": (IMPOSSIBLE,)}, "E8", "too little data"),
    ({"markers": (HELD,)}, "E9", "supported"),
    ({"markers": (BONE,)}, "E9", "supported"),
    ({"camera_p": math.nan}, "E9", "supported"),
    ({"permutation_p": math.nan, "smallest_p": math.nan}, "E9", "supported"),
    ({"expected": 1}, "E10", "contradicted"),
]


def mirrored(e: Evidence) -> Evidence:
    """The same experiment with everything moving the other way."""
    markers = tuple(
        Marker(m.name, -m.difference, -m.adjusted, -m.adjusted_high, -m.adjusted_low) for m in e.markers
    )
    return dataclasses.replace(
        e, expected=-e.expected, difference=-e.difference, low=-e.high, high=-e.low, markers=markers
    )


@pytest.mark.parametrize(
    ("changes", "rule", "verdict"), CASES, ids=[f"{c[1]}-{i}" for i, c in enumerate(CASES)]
)
def test_each_rule_on_its_case_and_mirrored(changes, rule, verdict):
    evidence = dataclasses.replace(CLEAR, **changes)
    for given in (evidence, mirrored(evidence)):
        found, sentence = decide(given)
        assert found.verdict == verdict and found.verdict in VERDICTS
        assert found.name == rule
        assert "nan" not in sentence and sentence.endswith(".")


def test_every_rule_has_a_case():
    assert {case[1] for case in CASES} == {rule.name for rule in RULES}


def test_the_other_direction_contradicts():
    found, _ = decide(dataclasses.replace(CLEAR, difference=1.5, low=0.7, high=2.3))
    assert found.verdict == "contradicted"


def test_a_wide_interval_is_too_little_only_towards_the_claim():
    """An interval that excludes a fall of one standard deviation is an answer, however far up it goes."""
    found, sentence = decide(dataclasses.replace(CLEAR, difference=1.0, low=-0.4, high=2.4, p=0.2))
    assert found.name == "E4" and "excludes a fall of 1 standard deviation or more" in sentence


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"markers": (UNDONE,)}, "The fall of the interferon score comes with a change of tumour content"),
        (
            {"markers": (BONE,)},
            "None of these falls with the interferon score. They could lower it by diluting the tumour cells",
        ),
        (
            {"markers": (BONE,), "difference": 0.1, "low": -0.6, "high": 0.8},
            "No change of the interferon score is seen; one within the tumour cells could be hidden",
        ),
        ({"markers": (BONE,)}, "but the genes for tumour content do not clearly fall."),
        (
            {"markers": (BONE,), "not_measured": ("EPITHELIAL",)},
            "by diluting the tumour cells, but the genes for tumour content are not measured.",
        ),
        ({"markers": (IMPOSSIBLE,)}, "bone marrow −1.50 log2"),
    ],
)
def test_the_warning_says_what_tissue_may_explain(changes, said):
    warning = composition_warning(dataclasses.replace(CLEAR, **changes))
    assert said in warning and "nan" not in warning


def test_a_list_that_is_not_measured_is_not_called_unmoved():
    said = decide(CLEAR)[1]
    assert said.endswith("No list of tissue markers that is measured moves with it.")
    said = decide(dataclasses.replace(CLEAR, not_measured=("EPITHELIAL", "BONE")))[1]
    assert said.endswith("so not ruled out: tumour content (epithelial genes) and bone matrix.")


def test_no_shift_no_warning():
    assert composition_warning(CLEAR) is None
    assert "differ in what they hold" in composition_warning(
        dataclasses.replace(CLEAR, **NOTHING, markers=(BONE,))
    )


def test_p_is_never_rounded_onto_its_limit():
    assert p_words(0.0502) == "p = 0.0502" and p_words(0.2) == "p = 0.20"

"""The fixed words of experiments; light, so that the check of a card stays fast."""

from __future__ import annotations

MEANINGS = ("loss_in_bone", "restoration", "interferon_response", "other")
# what the claim expects of the interferon programme in case minus reference; 0 where it says nothing
EXPECTED = {"loss_in_bone": -1, "restoration": 1, "interferon_response": 1, "other": 0}
DIRECTIONS = {-1: "falls", 1: "rises", 0: "none"}
# code of a contrast whose samples are too few for any relabelling to reach 0.05: it decides nothing
CANNOT_DECIDE = "relabelling_cannot_decide"
# codes of a claim whose scoring methods do not say the same
METHODS_CODES = ("methods_differ_in_sign", "methods_differ_in_significance")
# rules by which genes are tested and scored: see experiments/expressed.py; counts is edgeR's filterByExpr
EXPRESSED_RULES = ("counts", "above_floor", "above_quantile", "varies")
ENGINES = ("limma", "limma-trend", "limma-voom")
# how groups lie to the animals or cultures of which several samples are correlated: each of these in one
# group, each in every group, both kinds, or none of them with two samples in the contrast
BETWEEN, WITHIN, BOTH, SINGLE = BLOCK_LAYOUTS = ("between", "within", "both", "single")
SIDES = ("up", "down")
ORTHOLOGY = ("one2one", "one2many", "many2one", "many2many")
# of the names of signatures that simulated samples derive: the name is all that many tables show of one
SIMULATED_PREFIX = "SIMULATED_"
# of several experiments together
TOO_FEW_EXPERIMENTS = "too_few_experiments"
POOLED_RULES = (
    TOO_FEW_EXPERIMENTS,
    "not_without_unspecific",
    "pooled_expected",
    "pooled_opposite",
    "pooled_wide",
    "pooled_excludes_1_sd",
)


def of_simulated(name: str) -> bool:
    """Whether a derived signature was made from simulated samples: it is never scored in patients."""
    return name.startswith(SIMULATED_PREFIX)

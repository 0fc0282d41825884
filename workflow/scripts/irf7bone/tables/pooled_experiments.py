"""The tables over several experiments, where a study has two or more."""

from __future__ import annotations

from irf7bone.base.experiment_vocabulary import DIRECTIONS, MEANINGS, POOLED_RULES, TOO_FEW_EXPERIMENTS
from irf7bone.tables.columns import METHOD, SIGNATURE, STATUS, count, number, share, text
from irf7bone.tables.contract import Table

_ROLE = text("role", "real or simulated: never pooled together", allowed=("real", "simulated"))
_MEANING = text("meaning", "what the contrasts mean for the claim", allowed=MEANINGS)
_POOL = (
    count("k", "experiments that are pooled, each with its first contrast of the meaning"),
    text("experiments", "their ids", nullable=True),
    count("n_samples", "samples of these contrasts"),
    number("estimate", "pooled Hedges' g, case minus reference: normal-normal, half-normal prior 0.5"),
    number("ci_low", "lower end of its 95 % interval"),
    number("ci_high", "upper end of its 95 % interval"),
    number("further_low", "lower end of the 95 % interval of a further experiment's g"),
    number("further_high", "upper end of it"),
    number("tau", "posterior mean of the standard deviation between experiments", low=0),
    share("below_0", "probability that the pooled value is below 0"),
)
_STATUS = (
    text("status", "ok, or why nothing is pooled", allowed=("ok", TOO_FEW_EXPERIMENTS)),
    text("reason", "in words, where status is not ok", nullable=True),
)

POOLED_EXPERIMENT_CONTRASTS = Table(
    "pooled experiment contrasts",
    key=("role", "meaning", "signature", "method"),
    columns=(_ROLE, _MEANING, SIGNATURE, METHOD, *_POOL, *_STATUS),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

POOLED_EXPERIMENT_CLAIM = Table(
    "pooled experiment claim",
    key=("role", "meaning"),
    columns=(
        _ROLE,
        _MEANING,
        text("expected", "what the claim expects of interferon", allowed=tuple(DIRECTIONS.values())),
        SIGNATURE,
        METHOD,
        *_POOL,
        count("n_not_specific", "experiments whose own verdict is not specific"),
        text("verdict", "what the experiments together say of the claim"),
        text("rule", "the rule that fired", allowed=POOLED_RULES),
        text("sentence", "the verdict in words"),
        *_STATUS,
    ),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

POOLED_EXPERIMENT_FOREST = Table(
    "forest of experiments",
    key=("role", "meaning", "experiment"),
    columns=(
        _ROLE,
        _MEANING,
        text("experiment", "an experiment, or pooled"),
        text("contrast", "its contrast; NA for pooled", nullable=True),
        count("n_samples", "samples"),
        number("estimate", "Hedges' g of the primary signature; NA where there is none"),
        number("ci_low", "lower end of its 95 % interval"),
        number("ci_high", "upper end of its 95 % interval"),
        text("status", "ok, or why there is none", allowed=(*STATUS[0].allowed, TOO_FEW_EXPERIMENTS)),
        text("reason", "in words, where status is not ok", nullable=True),
    ),
)

# stem of the file in results/pooled_experiments/ -> contract
POOLED_EXPERIMENT_TABLES: dict[str, Table] = {
    "contrasts": POOLED_EXPERIMENT_CONTRASTS,
    "claim": POOLED_EXPERIMENT_CLAIM,
    "forest": POOLED_EXPERIMENT_FOREST,
}

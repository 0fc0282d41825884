"""Tables of the verdict: words with codes, models behind them, fragility, sites, and what chance says."""

from __future__ import annotations

from irf7bone.base.vocabulary import ENDPOINTS, VERDICTS
from irf7bone.tables.claim import CLAIM_MODEL_NAMES
from irf7bone.tables.columns import (
    BAYESIAN,
    ENDPOINT,
    ESTIMATE,
    METHOD,
    SIGNATURE,
    STATUS,
    count,
    number,
    ratio,
    share,
    text,
)
from irf7bone.tables.contract import Column, Table

_WORDS = (
    Column("verdict", "text", "what may be said", allowed=VERDICTS),
    text("rule", "the line of the decision table that decided"),
    text("hard", "codes for which a verdict is withheld, comma-separated", nullable=True),
    text("soft", "codes that stand beside the word, comma-separated", nullable=True),
    text("lead", "the finding in a sentence"),
    text("details", "why, with the numbers"),
)
_NUMBERS = (
    count("k", "cohorts with every model, which are pooled"),
    count("n", "samples in these"),
    count("n_events", "events in these"),
    text("cohorts", "these, comma-separated", nullable=True),
    ratio("hr", "hazard ratio per SD of the score, given proliferation and ER; of a single cohort its own"),
    ratio("hr_low", "lower end of its 95 % interval"),
    ratio("hr_high", "upper end of its 95 % interval"),
    share("below_1", "probability that it is below 1"),
    share("below_size", "probability that it is below the smallest that matters"),
    share("above_inverse", "probability that it is above the inverse of the smallest that matters"),
    ratio("further_low", "lower end of the 95 % interval of that in a further cohort; NA for one alone"),
    ratio("further_high", "its upper end"),
    share("further_below_1", "probability that the hazard ratio in a further cohort is below 1"),
    ratio("random_hr", "hazard ratio given proliferation and the mean matched random score"),
    ratio("random_low", "lower end of its 95 % interval"),
    ratio("random_high", "upper end of its 95 % interval"),
    ratio("unadjusted_hr", "hazard ratio of the same patients, unadjusted"),
    ratio("unadjusted_low", "lower end of its 95 % interval"),
    ratio("unadjusted_high", "upper end of its 95 % interval"),
    share("p", "two-sided p of hr, modified Knapp-Hartung; never decides"),
    share("q", "its Benjamini-Hochberg value among what was not named before; NA for the primary result"),
)

VERDICT = Table(
    "verdict.tsv",
    key=("endpoint",),
    columns=(
        ENDPOINT,
        Column(
            "is_primary", "flag", "the endpoint that was named before the run; the others are exploratory"
        ),
        Column("signature", "text", "primary signature"),
        Column("method", "text", "primary scoring method"),
        *_WORDS,
        *_NUMBERS,
    ),
)

EXPLORATORY = Table(
    "exploratory.tsv",
    key=("endpoint", "signature"),
    columns=(ENDPOINT, SIGNATURE, METHOD, *_WORDS, *_NUMBERS),
)

VERDICT_MODELS = Table(
    "verdict_models.tsv",
    key=("endpoint", "signature", "model"),
    complete=True,
    columns=(
        ENDPOINT,
        SIGNATURE,
        text("model", "as in claim_models.tsv", allowed=CLAIM_MODEL_NAMES),
        count("k", "cohorts with every model"),
        count("n", "samples in these"),
        count("n_events", "events in these"),
        *ESTIMATE,
        *BAYESIAN,
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "bayes_log_hr"),
)

FRAGILITY = Table(
    "fragility.tsv",
    key=("endpoint", "signature"),
    columns=(
        ENDPOINT,
        SIGNATURE,
        count("k", "cohorts with every model"),
        share(
            "vanishing_reliability",
            "reliability of proliferation at which the pooled effect is gone (lambda*); NA where it never is",
        ),
        number(
            "e_value",
            "risk ratio that a confounder needs with score and outcome to explain the effect",
            low=1,
        ),
        number("e_value_interval", "the same for the end of the interval that is nearer to 1", low=1),
        share("least_left_out", "probability of the effect's side, the least of those without one cohort"),
        text("left_out", "the cohort without which it is least", nullable=True),
        ratio("complete_hr", "cohorts with missing ER: hazard ratio of the patients with every covariate"),
        ratio("complete_low", "lower end of its 95 % interval"),
        ratio("complete_high", "upper end of its 95 % interval"),
        ratio("imputed_hr", "the same with missing ER imputed many times"),
        ratio("imputed_low", "lower end of its 95 % interval"),
        ratio("imputed_high", "upper end of its 95 % interval"),
        text("imputed_cohorts", "cohorts in which values were imputed, comma-separated", nullable=True),
        *STATUS,
    ),
    needs_when_ok=("e_value", "e_value_interval"),
)

BONE_SPECIFIC, ANY_SITE, UNDECIDED, NOT_DEFINED = "bone-specific", "any site", "undecided", "not defined"
SITE_WORDS = (BONE_SPECIFIC, ANY_SITE, UNDECIDED, NOT_DEFINED)

SITE_CONTRAST = Table(
    "site_contrast.tsv",
    key=("signature",),
    columns=(
        SIGNATURE,
        METHOD,
        text("word", "bone-specific, any site, undecided or not defined", allowed=SITE_WORDS),
        count("k", "cohorts with an estimate of the difference"),
        count("n_events", "bone metastases in these"),
        count("n_other", "relapses elsewhere in these"),
        ratio("ratio", "hazard ratio of bone over that of other first sites, given proliferation and ER"),
        ratio("ratio_low", "lower end of its 95 % interval"),
        ratio("ratio_high", "upper end of its 95 % interval"),
        ratio("bone_hr", "hazard ratio of bone, of the same cohorts"),
        ratio("bone_low", "lower end of its 95 % interval"),
        ratio("bone_high", "upper end of its 95 % interval"),
        ratio("other_hr", "hazard ratio of other first sites"),
        ratio("other_low", "lower end of its 95 % interval"),
        ratio("other_high", "upper end of its 95 % interval"),
        *STATUS,
    ),
    needs_when_ok=("ratio", "ratio_low", "ratio_high"),
)

CHANCES = Table(
    "chances.tsv",
    key=("endpoint", "true_hr", "verdict"),
    columns=(
        Column("endpoint", "text", "endpoint", allowed=ENDPOINTS),
        number("true_hr", "true hazard ratio of the simulated studies", 0, nullable=False),
        Column("verdict", "text", "what is said", allowed=VERDICTS),
        share(
            "share",
            "share of studies with these cohorts, events and errors of which it is said",
            nullable=False,
        ),
        count("n_studies", "simulated studies"),
    ),
)

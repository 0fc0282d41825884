"""Tables that relate the scores of one cohort to its outcomes."""

from __future__ import annotations

from irf7bone.base.vocabulary import SUBTYPE_SOURCES
from irf7bone.tables.columns import (
    COHORT,
    ENDPOINT,
    ESTIMATE,
    METHOD,
    MODEL,
    RESULT_COLUMNS,
    SIGNATURE,
    STATUS,
    correlation,
    count,
    number,
    text,
)
from irf7bone.tables.contract import Column, Table

ASSOCIATIONS = Table(
    "associations.tsv",
    key=("cohort", "signature", "method", "endpoint", "model"),
    complete=True,
    columns=(
        COHORT,
        *RESULT_COLUMNS,
        count("n", "samples in the fit", nullable=True),
        count("n_events", "events in the fit", nullable=True),
        *ESTIMATE,
        number(
            "c_index", "Harrell's C of the score alone for a longer time without the event", low=0, high=1
        ),
        number("c_index_low", "lower end of its 95 % interval", low=0, high=1),
        number("c_index_high", "upper end of its 95 % interval", low=0, high=1),
        number("ph_p", "proportional hazards: score test p for the score", low=0, high=1),
        number("null_percentile", "share of matched random signatures with a smaller log_hr", low=0, high=1),
        number("null_p", "two-sided empirical p against the random signatures", low=0, high=1),
        text(
            "covariates", "what the model adjusts for, comma-separated; 'none' for unadjusted", nullable=True
        ),
        text(
            "estimator",
            "cox, or firth (penalised, profile-likelihood interval and p) below 10 events per parameter",
            nullable=True,
            allowed=("cox", "firth"),
        ),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p"),
)

CURVES = Table(
    "curves",
    key=("cohort", "signature", "method", "endpoint", "group", "time_months"),
    columns=(
        COHORT,
        SIGNATURE,
        METHOD,
        ENDPOINT,
        text("kind", "event_free or cumulative_incidence", allowed=("event_free", "cumulative_incidence")),
        text("group", "tertile of the score", allowed=("low", "middle", "high")),
        number("time_months", "months", nullable=False, low=0),
        number(
            "estimate",
            "Kaplan-Meier event-free share or Aalen-Johansen incidence",
            nullable=False,
            low=0,
            high=1,
        ),
        number("ci_low", "lower end of its pointwise 95 % interval", low=0, high=1),
        number("ci_high", "upper end of its pointwise 95 % interval", low=0, high=1),
        count("n_at_risk", "samples at risk just before this time"),
        count("n_events", "events up to and at this time"),
    ),
)

STRATA = ("positive", "negative")
ER_WORDS = {er: f"ER-{er}" for er in STRATA}
INSIDE, OTHERS = "inside", "others"

_NULL = ("null_percentile", "null_p")  # drawn for whole cohorts only

ER_ASSOCIATIONS = Table(
    "associations_by_er.tsv",
    key=(*ASSOCIATIONS.key, "er"),
    complete=True,
    columns=(
        *(column for column in ASSOCIATIONS.columns if column.name in ASSOCIATIONS.key),
        Column("er", "text", "ER status of the samples in the fit", allowed=STRATA),
        *(
            column
            for column in ASSOCIATIONS.columns
            if column.name not in ASSOCIATIONS.key and column.name not in _NULL
        ),
        text("reason_code", "why there is no estimate, as a fixed word", nullable=True),
    ),
    needs_when_ok=ASSOCIATIONS.needs_when_ok,
)

SUBTYPE = text(
    "subtype",
    "HER2-positive, triple-negative, or as the card's field subtype or the file of centroids has it",
)
SUBTYPE_SOURCE = text(
    "source",
    "who says of which subtype a tumour is: the card, or its expression "
    "(results/scores/{cohort}.subtypes.tsv) where the card states none; the two are never in one estimate",
    allowed=SUBTYPE_SOURCES,
)

SUBTYPE_ASSOCIATIONS = Table(
    "subtypes.tsv",
    key=(*ASSOCIATIONS.key, "subtype", "source", "stratum"),
    complete=True,
    columns=(
        *(column for column in ASSOCIATIONS.columns if column.name in ASSOCIATIONS.key),
        SUBTYPE,
        SUBTYPE_SOURCE,
        text("stratum", "inside: tumours of the subtype; others: known not to be", allowed=(INSIDE, OTHERS)),
        *(column for column in ER_ASSOCIATIONS.columns if column.name not in ER_ASSOCIATIONS.key),
    ),
    needs_when_ok=ASSOCIATIONS.needs_when_ok,
)

ESTIMANDS = ("cause_specific", "subdistribution")

_SHARED = {column.name: column for column in ASSOCIATIONS.columns}

COMPETING = Table(
    "competing.tsv",
    key=("cohort", "signature", "method", "endpoint", "model", "estimand"),
    complete=True,
    columns=(
        COHORT,
        *RESULT_COLUMNS,
        Column(
            "estimand",
            "text",
            "cause_specific: the hazard of those free of any event; subdistribution: that of the incidence",
            allowed=ESTIMANDS,
        ),
        _SHARED["n"],
        _SHARED["n_events"],
        Column("n_competing", "integer", "competing events in the fit", nullable=True, low=0),
        Column(
            "log_hr",
            "number",
            "log ratio of these hazards per standard deviation of the score",
            nullable=True,
        ),
        *(_SHARED[name] for name in ("se", "ci_low", "ci_high", "p", "covariates")),
        Column(
            "estimator",
            "text",
            "cox, or fine_gray with its sandwich standard error; with few events, firth and fine_gray_firth: "
            "penalised, with profile-likelihood interval and p",
            nullable=True,
            allowed=("cox", "firth", "fine_gray", "fine_gray_firth"),
        ),
        *STATUS,
    ),
    needs_when_ok=ASSOCIATIONS.needs_when_ok,
)

SITES_OF_RELAPSE = ("bone", "brain", "lung", "liver")

OTHER, DIFFERENCE, AMONG_RELAPSED = "other", "bone_minus_other", "bone_among_relapsed"

CONTRASTS = (*SITES_OF_RELAPSE, OTHER, DIFFERENCE, AMONG_RELAPSED)

SITE_ESTIMATE = ("estimate", "se", "ci_low", "ci_high", "p")

SAMPLED = Table(
    "sampled.tsv",
    key=("cohort", "signature", "method", "endpoint", "model", "question"),
    complete=True,
    columns=(
        *(_SHARED[name] for name in ("cohort", "signature", "method")),
        _SHARED["endpoint"],
        _SHARED["model"],
        Column(
            "question",
            "text",
            "by_horizon: odds of the event by the horizon; population: hazard in the population that "
            "patients were sampled from",
            allowed=("by_horizon", "population"),
        ),
        Column(
            "horizon_months", "number", "follow-up is cut here, to which the choice of patients refers", low=0
        ),
        Column(
            "scale",
            "text",
            "what the estimate is, per standard deviation of the score",
            allowed=("log_odds_ratio", "log_hr"),
        ),
        Column("n", "integer", "samples in the fit: state at the horizon known", nullable=True, low=0),
        Column("n_events", "integer", "events by the horizon", nullable=True, low=0),
        Column("estimate", "number", "on the scale named", nullable=True),
        Column("se", "number", "its standard error; robust for weighted_cox", nullable=True, low=0),
        Column("ci_low", "number", "lower end of its 95 % interval", nullable=True),
        Column("ci_high", "number", "upper end of its 95 % interval", nullable=True),
        _SHARED["p"],
        _SHARED["covariates"],
        Column(
            "estimator",
            "text",
            "logistic, with few events firth_logistic (penalised, with profile interval and p); weighted_cox",
            nullable=True,
            allowed=("logistic", "firth_logistic", "weighted_cox"),
        ),
        _SHARED["status"],
        _SHARED["reason"],
    ),
    needs_when_ok=("estimate", "se", "ci_low", "ci_high", "p"),
)

SITES = Table(
    "sites.tsv",
    key=("cohort", "signature", "method", "model", "contrast"),
    complete=True,
    columns=(
        COHORT,
        SIGNATURE,
        METHOD,
        MODEL,
        Column(
            "contrast",
            "text",
            "bone, brain, lung, liver, other (relapse, but not to bone): cause-specific hazard; "
            "bone_minus_other: difference of these two; bone_among_relapsed: odds of bone once relapsed",
            allowed=CONTRASTS,
        ),
        Column(
            "scale",
            "text",
            "what the estimate is, per standard deviation of the score",
            allowed=("log_hr", "log_hr_difference", "log_odds_ratio"),
        ),
        Column(
            "n", "integer", "samples in the fit; the relapsed for bone_among_relapsed", nullable=True, low=0
        ),
        Column("n_events", "integer", "events of the contrast's first site", nullable=True, low=0),
        Column(
            "n_other",
            "integer",
            "competing events; events at other sites for the two contrasts with bone",
            nullable=True,
            low=0,
        ),
        Column("estimate", "number", "on the scale named", nullable=True),
        Column("se", "number", "standard error of the estimate", nullable=True, low=0),
        Column("ci_low", "number", "lower end of its 95 % interval", nullable=True),
        Column("ci_high", "number", "upper end of its 95 % interval", nullable=True),
        _SHARED["p"],
        _SHARED["covariates"],
        Column(
            "estimator",
            "text",
            "cox, logistic; with few events firth, firth_logistic: penalised, with profile interval and p",
            nullable=True,
            allowed=("cox", "firth", "logistic", "firth_logistic"),
        ),
        *STATUS,
    ),
    needs_when_ok=SITE_ESTIMATE,
)

ADJUSTMENTS = {
    "none": (),
    "proliferation": ("proliferation",),
    "proliferation,leukocytes": ("proliferation", "leukocytes"),
}

IMMUNE_PAIR = (
    SIGNATURE,
    Column("immune", "text", "immune signature"),
    Column("adjustment", "text", "what is held constant", allowed=tuple(ADJUSTMENTS)),
)

IMMUNE_LINKS = Table(
    "immune_links.tsv",
    key=("cohort", "signature", "immune", "adjustment"),
    complete=True,
    columns=(
        COHORT,
        *IMMUNE_PAIR,
        METHOD,
        Column("n", "integer", "samples", nullable=True, low=0),
        correlation("r", "Pearson correlation of the two scores; partial where something is held constant"),
        correlation("ci_low", "lower end of its 95 % interval, Fisher's z"),
        correlation("ci_high", "upper end of its 95 % interval, Fisher's z"),
        correlation("p", "two-sided p value, t with n - 2 - covariates degrees of freedom", 0),
        correlation("explained", "larger share of variance of the two scores that the covariates explain", 0),
        Column("n_shared", "integer", "genes of the signature taken out before scoring", low=0),
        correlation("share_shared", "n_shared / genes of the signature", 0),
        Column(
            "shared_genes",
            "text",
            "these genes: members of the immune or proliferation signature too, or the leukocyte gene",
            nullable=True,
        ),
        *STATUS,
    ),
    needs_when_ok=("r", "ci_low", "ci_high", "p", "explained"),
)

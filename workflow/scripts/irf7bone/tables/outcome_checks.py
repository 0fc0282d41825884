"""Tables that look at a cohort from other sides: tests of groups, model checks, discrimination, patients."""

from __future__ import annotations

from irf7bone.base.vocabulary import DEPENDENCES, LOSS_CAUSES, STATUSES
from irf7bone.tables.columns import (
    COHORT,
    ENDPOINT,
    METHOD,
    MODEL,
    SIGNATURE,
    STATUS,
    count,
    number,
    share,
    text,
)
from irf7bone.tables.contract import Column, Table

GROUP_TESTS = Table(
    "group_tests.tsv",
    key=("cohort", "signature", "method", "endpoint"),
    complete=True,
    columns=(
        COHORT,
        SIGNATURE,
        METHOD,
        ENDPOINT,
        Column(
            "test",
            "text",
            "gray where competing events occurred, logrank elsewhere, as the curves",
            nullable=True,
            allowed=("gray", "logrank"),
        ),
        Column("n", "integer", "samples in the tertiles", nullable=True, low=0),
        Column("n_events", "integer", "events in these", nullable=True, low=0),
        Column("n_competing", "integer", "competing events in these", nullable=True, low=0),
        Column("statistic", "number", "chi-squared statistic", nullable=True, low=0),
        Column("df", "integer", "its degrees of freedom: groups compared - 1", nullable=True, low=1),
        Column("p", "number", "p value", nullable=True, low=0, high=1),
        Column("status", "text", "ok, or why there is no test", allowed=STATUSES),
        Column("reason", "text", "in words, where status is not ok", nullable=True),
    ),
    needs_when_ok=("statistic", "df", "p"),
)

SPLIT_MONTHS = 60

CURVE_SUMMARY = Table(
    "curve_summary.tsv",
    key=("cohort", "signature", "method", "endpoint", "group"),
    columns=(
        COHORT,
        SIGNATURE,
        METHOD,
        ENDPOINT,
        text("group", "tertile of the score", allowed=("low", "middle", "high")),
        text(
            "kind",
            "event_free or cumulative_incidence, as the curve",
            nullable=True,
            allowed=("event_free", "cumulative_incidence"),
        ),
        count("n", "samples of the group", nullable=True),
        count("n_events", "events of the group", nullable=True),
        number("median_months", "time at which the estimate is at one half; NA where it never is", low=0),
        number("median_low", "lower end of its 95 % interval", low=0),
        number(
            "median_high", "upper end; NA where the curve's own interval does not come to one half", low=0
        ),
        share("at_60_months", "estimate at 60 months; NA where nobody was followed so long"),
        share("at_60_low", "lower end of its pointwise 95 % interval"),
        share("at_60_high", "upper end of its pointwise 95 % interval"),
        count("n_at_risk_60", "samples at risk just before 60 months", nullable=True),
        *STATUS,
    ),
    needs_when_ok=("n", "n_events"),
)

TO_SPLIT, AFTER_SPLIT = f"hr_to_{SPLIT_MONTHS}_months", f"hr_after_{SPLIT_MONTHS}_months"

SPLIT_CHANGE = f"hr_change_at_{SPLIT_MONTHS}_months"

LOWEST, HIGHEST, LARGEST_CHANGE = "left_out_lowest", "left_out_highest", "left_out_change"

QUANTITIES = {
    TO_SPLIT: "log_hr",
    AFTER_SPLIT: "log_hr",
    SPLIT_CHANGE: "log_hr_difference",
    "linearity": "chi_squared",
    LOWEST: "log_hr",
    HIGHEST: "log_hr",
    LARGEST_CHANGE: "log_hr_difference",
}

CHECKS_MADE = tuple(QUANTITIES)

# a sample's change of the estimate by refitting without it, or of a large cohort about
LEFT_OUT, DFBETA = "left_out", "dfbeta"

ENDED = ("censored", "event", "competing")

CHECKED = (
    COHORT,
    SIGNATURE,
    Column("method", "text", "scoring method: the primary one"),
    ENDPOINT,
    MODEL,
)

CHECKS = Table(
    "model checks",
    key=("cohort", "signature", "method", "endpoint", "model", "check"),
    complete=True,
    columns=(
        *CHECKED,
        Column("check", "text", "what was checked", allowed=CHECKS_MADE),
        Column("quantity", "text", "what estimate is", allowed=tuple(dict.fromkeys(QUANTITIES.values()))),
        Column("n", "integer", "samples in the fit, or at risk in the period", nullable=True, low=0),
        Column("n_events", "integer", "events of these", nullable=True, low=0),
        Column("estimate", "number", "the number, in the unit of quantity", nullable=True),
        Column("ci_low", "number", "lower end of its 95 % interval, if it has one", nullable=True),
        Column("ci_high", "number", "upper end of its 95 % interval", nullable=True),
        Column("p", "number", "two-sided p of estimate = 0", nullable=True, low=0, high=1),
        Column("df", "integer", "degrees of freedom of chi_squared", nullable=True, low=1),
        Column("sample", "text", "the sample left out", nullable=True),
        Column("estimator", "text", "cox or firth", nullable=True, allowed=("cox", "firth")),
        Column("status", "text", "ok, or why there is no estimate", allowed=STATUSES),
        Column("reason", "text", "in words, where status is not ok", nullable=True),
    ),
    needs_when_ok=("estimate",),
)  # fmt: skip

CHECK_CURVES = Table(
    "curves behind the checks",
    key=("cohort", "signature", "method", "endpoint", "model", "part", "position"),
    columns=(
        *CHECKED,
        Column("part", "text", "a curve, or samples left out", allowed=("line", "spline", LEFT_OUT, DFBETA)),
        Column("position", "integer", "order within the part", low=0),
        Column("score_z", "number", "score in standard deviations within the cohort"),
        Column(
            "estimate",
            "number",
            "line, spline: log hazard ratio against the median score; left_out: change of log_hr without it, "
            "refitted; dfbeta: about that change, of those that move little in a cohort of more than 2,000",
            nullable=True,
        ),
        Column("ci_low", "number", "lower end of the pointwise 95 % interval of a curve", nullable=True),
        Column("ci_high", "number", "upper end", nullable=True),
        Column("sample", "text", "the sample left out", nullable=True),
        Column("ended", "text", "how its follow-up ended", nullable=True, allowed=ENDED),
    ),
)  # fmt: skip

AUC_MONTHS = (36, 60, 120)

MEASURES = ("harrell_c", "uno_c", *(f"auc_{months}" for months in AUC_MONTHS))

DISCRIMINATION = Table(
    "discrimination",
    key=("cohort", "signature", "method", "endpoint", "measure"),
    complete=True,
    columns=(
        COHORT,
        SIGNATURE,
        Column("method", "text", "scoring method: the primary one"),
        ENDPOINT,
        Column("measure", "text", "Harrell's C, Uno's C, or AUC at so many months", allowed=MEASURES),
        Column(
            "horizon_months", "number", "events up to here count; none for Harrell's C", nullable=True, low=0
        ),
        Column(
            "competing",
            "text",
            "samples with a competing event: censored then, kept as free of the event, or none are there",
            nullable=True,
            allowed=("none", "censored", "kept"),
        ),
        Column("n", "integer", "samples", nullable=True, low=0),
        Column("n_events", "integer", "events up to the horizon", nullable=True, low=0),
        Column("n_beyond", "integer", "samples followed beyond the horizon", nullable=True, low=0),
        Column("estimate", "number", "share of pairs in the right order", nullable=True, low=0, high=1),
        Column("ci_low", "number", "lower end of its 95 % interval", nullable=True, low=0, high=1),
        Column("ci_high", "number", "upper end of its 95 % interval", nullable=True, low=0, high=1),
        Column("status", "text", "ok, or why there is no estimate", allowed=STATUSES),
        Column("reason", "text", "in words, where status is not ok", nullable=True),
    ),
    needs_when_ok=("estimate", "ci_low", "ci_high"),
)

GROUPS = ("all", "low", "middle", "high")

UNKNOWN = "not known"

MEDIAN = "median"

TABLE_ONE = Table(
    "table_one.tsv",
    key=("cohort", "characteristic", "level", "group"),
    columns=(
        COHORT,
        Column(
            "characteristic",
            "text",
            "age, size_cm, er, pr, her2, subtype, node or grade; 'patients' for their number",
        ),
        Column("level", "text", f"class of the characteristic; '{MEDIAN}' of a number; '{UNKNOWN}'"),
        Column("group", "text", "all, or tertile of the primary score", allowed=GROUPS),
        Column("n", "integer", "samples in the group", low=0),
        Column("n_known", "integer", "of these, with the characteristic", low=0),
        Column("count", "integer", f"samples at this level; of '{MEDIAN}' those with a value", low=0),
        Column("median", "number", "median of a number, years or centimetres", nullable=True),
        Column("q1", "number", "lower quartile", nullable=True),
        Column("q3", "number", "upper quartile", nullable=True),
        Column("test", "text", "test of the score against the characteristic, over all", nullable=True),
        Column("statistic", "number", "Spearman's rho, or Kruskal and Wallis' H", nullable=True),
        Column("p", "number", "its two-sided p value, not corrected", nullable=True, low=0, high=1),
        Column("status", "text", "ok, or why there is no test", allowed=STATUSES),
        Column("reason", "text", "in words, where status is not ok", nullable=True),
    ),
    needs_when_ok=("statistic", "p"),
)

LOSSES = Table(
    "losses.tsv",
    key=("cohort", "endpoint", "cause", "field"),
    columns=(
        COHORT,
        ENDPOINT,
        Column("cause", "text", "what is missing in those lost", allowed=LOSS_CAUSES),
        Column("field", "text", "the covariate, for no_covariate", nullable=True),
        Column("n_lost", "integer", "patients lost by it", low=0),
        Column("n_kept", "integer", "patients whom it does not take", low=0),
        share("event_share_lost", "share with the event, of those lost whose status is known"),
        share("event_share_kept", "share with the event, of the others"),
        number("median_months_lost", "median time of those lost whose time is known", low=0),
        number("median_months_kept", "median time of the others", low=0),
        share("p_status", "Fisher's exact test of loss against status, two-sided"),
        share("p_time", "rank-sum test of the times of those lost and kept, two-sided"),
        share("rank", "probability that the time of one lost exceeds that of one kept; ties count half"),
        Column("dependence", "text", "whether the loss follows the outcome", allowed=DEPENDENCES),
    ),
)

IN_FILE, LOST, IN_MODEL = "in the file", "lost", "in the model"

AUDIT = Table(
    "audit.tsv",
    key=("cohort", "endpoint", "model", "step"),
    columns=(
        COHORT,
        ENDPOINT,
        Column("model", "text", "model; its score is the primary signature's by the primary method"),
        Column("step", "integer", "order, 0 = every sample that any source names", low=0),
        Column("what", "text", "in the file, lost, or in the model", allowed=(IN_FILE, LOST, IN_MODEL)),
        Column("reason", "text", "why samples were lost at this step", nullable=True),
        Column("n_lost", "integer", "samples lost at this step", low=0),
        Column("n_left", "integer", "samples left after it", low=0),
        Column(
            "n_events_left",
            "integer",
            "events among these; NA before outcomes are known",
            nullable=True,
            low=0,
        ),
    ),
)

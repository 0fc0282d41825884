"""Tables of the models that the verdict reads: a cohort's, and what is found of its positive control."""

from __future__ import annotations

from irf7bone.tables.columns import COHORT, ENDPOINT, ESTIMATE, METHOD, SIGNATURE, STATUS, count, number, text
from irf7bone.tables.contract import Table

# beside the score: nothing; proliferation; and ER; both calibrated; and the mean random score; the same,
# calibrated
CLAIM_MODEL_NAMES = (
    "unadjusted",
    "proliferation",
    "claim",
    "calibrated",
    "random",
    "random_calibrated",
)
# how ER was adjusted for: by its status; by ESR1; by restriction, as nearly all tumours have one status;
# not at all
ER_KINDS = ("status", "expression", "restricted", "none")

CLAIM_MODELS = Table(
    "claim_models.tsv",
    key=("cohort", "signature", "method", "endpoint", "model"),
    complete=True,
    columns=(
        COHORT,
        SIGNATURE,
        METHOD,
        ENDPOINT,
        text(
            "model",
            "what stands beside the score: unadjusted, nothing; proliferation; claim, proliferation and ER; "
            "calibrated, both calibrated for measurement error; random, proliferation and the mean matched "
            "random score; random_calibrated, the same with proliferation calibrated",
            allowed=CLAIM_MODEL_NAMES,
        ),
        count("n", "samples in the fit, the same in all six models", nullable=True),
        count("n_events", "events among these", nullable=True),
        *ESTIMATE,
        text("covariates", "what the model adjusts for, comma-separated", nullable=True),
        text(
            "er",
            "how ER was adjusted for: status; expression (of ESR1); restricted (all but fewer than five "
            "tumours have one status); none",
            nullable=True,
            allowed=ER_KINDS,
        ),
        text(
            "estimator",
            "cox, or firth (penalised, profile-likelihood interval and p) below 10 events per parameter",
            nullable=True,
            allowed=("cox", "firth"),
        ),
        number(
            "difference_variance",
            "variance of log_hr less that of the model before (proliferation from unadjusted, random from "
            "proliferation) where the variances alone do not give it: from leaving out each sample in turn",
            low=0,
        ),
        number("r_proliferation", "model proliferation: correlation of score and proliferation", -1, 1),
        number("proliferation_log_hr", "model proliferation: log hazard ratio of one SD more proliferation"),
        number("imputed_log_hr", "model claim: log_hr with missing ER status imputed, where any is missing"),
        number("imputed_se", "its standard error, by Rubin's rules", low=0),
        count("n_imputed", "samples in it", nullable=True),
        number("change", "model claim: log_hr in the late half of the events, less that in the early half"),
        number("change_se", "its standard error", low=0),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p"),
)

CLAIM_CONTROLS = Table(
    "claim_controls.tsv",
    key=("cohort", "endpoint"),
    complete=True,
    columns=(
        COHORT,
        text("endpoint", "endpoint of the verdict that it is a control of"),
        text("control_endpoint", "widest endpoint of the same patients", nullable=True),
        count("n", "samples in the fit", nullable=True),
        count("n_events", "events among these", nullable=True),
        number("log_hr", "log hazard ratio of one SD more proliferation, unadjusted"),
        number("se", "its standard error", low=0),
        *STATUS,
    ),
    needs_when_ok=("log_hr", "se"),
)

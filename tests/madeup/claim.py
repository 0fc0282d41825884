"""The verdict's models of the made-up study, and what is judged of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
from madeup.remembered import remembered

from irf7bone.study.settings import Config
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODEL_NAMES, CLAIM_MODELS
from irf7bone.tables.outcome import SITES
from irf7bone.verdict.evidence import MODELS
from irf7bone.verdict.gather import Tables
from irf7bone.verdict.judge import Judged, judge
from irf7bone.verdict.premises import cohort_facts
from irf7bone.verdict.site_contrast import site_contrast

# standard error of each model over that of the unadjusted one
WIDER = dict(zip(MODELS, (1.0, 1.03, 1.05, 1.1, 1.15, 1.2), strict=True))


def claim_row(
    cohort: str, signature: str, endpoint: str, model: str, log_hr: float, se: float, **more
) -> dict:
    """One fitted row of :data:`CLAIM_MODELS`, its standard error that of the unadjusted model."""
    error = se * WIDER[model]
    row = {
        "cohort": cohort,
        "signature": signature,
        "method": "zscore",
        "endpoint": endpoint,
        "model": model,
        "n": 120,
        "n_events": 40,
        "log_hr": log_hr,
        "se": error,
        "ci_low": log_hr - 1.959964 * error,
        "ci_high": log_hr + 1.959964 * error,
        "p": 0.3,
        "covariates": "none" if model == "unadjusted" else "proliferation",
        "er": "status",
        "estimator": "cox",
        "status": "ok",
    }
    if model == "proliferation":
        row |= {"r_proliferation": -0.2, "proliferation_log_hr": 0.4}
    if model == "claim":
        row |= {"change": 0.0, "change_se": 2 * se}
    return {**dict.fromkeys(CLAIM_MODELS.names), **row, **more}


def absent_row(cohort: str, signature: str, endpoint: str, model: str, reason: str) -> dict:
    """A row without an estimate."""
    about = {
        "cohort": cohort,
        "signature": signature,
        "method": "zscore",
        "endpoint": endpoint,
        "model": model,
    }
    return {**dict.fromkeys(CLAIM_MODELS.names), **about, "status": "not_available", "reason": reason}


def claim_models(rows: list[dict]) -> pd.DataFrame:
    """The table, checked."""
    table = CLAIM_MODELS.cast(pd.DataFrame(rows, columns=CLAIM_MODELS.names))
    CLAIM_MODELS.check(table, "made-up claim models")
    return table


def claim_controls(cohorts: list[str], endpoints: list[str], log_hr: float = 0.45) -> pd.DataFrame:
    """A control that shows in every cohort, unless ``log_hr`` says otherwise."""
    rows = [
        {
            "cohort": cohort,
            "endpoint": endpoint,
            "control_endpoint": endpoint,
            "n": 120,
            "n_events": 60,
            "log_hr": log_hr,
            "se": 0.13,
            "status": "ok",
            "reason": None,
        }
        for cohort in cohorts
        for endpoint in endpoints
    ]
    return CLAIM_CONTROLS.cast(pd.DataFrame(rows, columns=CLAIM_CONTROLS.names))


def from_associations(associations: pd.DataFrame, config: Config) -> pd.DataFrame:
    """Six models of each unadjusted row of the primary method."""
    chosen = associations[
        (associations["method"] == config.primary.method) & (associations["model"] == "unadjusted")
    ]
    rows = []
    for row in chosen.to_dict("records"):
        about = row["cohort"], row["signature"], row["endpoint"]
        own = row["signature"] == config.proliferation_signature
        for step, model in enumerate(CLAIM_MODEL_NAMES):
            if row["status"] != "ok" or own:
                reason = "not adjusted for itself" if own else str(row["reason"])
                rows.append(absent_row(*about, model, reason))
            else:
                counts = {"n": int(row["n"]), "n_events": int(row["n_events"])}
                rows.append(claim_row(*about, model, row["log_hr"] * (1 - 0.05 * step), row["se"], **counts))
    return claim_models(rows)


@remembered
def judge_tables(
    models: pd.DataFrame,
    controls: pd.DataFrame,
    cohorts: pd.DataFrame,
    config: Config,
    *,
    duplicates: pd.DataFrame | None = None,
    sites: pd.DataFrame | None = None,
) -> tuple[Tables, pd.DataFrame, Judged]:
    """What is judged, the contrast of sites, and the tables of the verdict."""
    columns = ["cohort", "other_cohort", "sample", "evidence", "status"]
    nothing = pd.DataFrame({name: np.array([], dtype=object) for name in columns})
    tables = Tables(
        models,
        controls,
        cohort_facts(cohorts),
        nothing if duplicates is None else duplicates,
        SITES.empty() if sites is None else sites,
    )
    contrast = site_contrast(tables.sites, tables.pooled, config=config)
    return (
        tables,
        contrast,
        judge(tables, contrast, config=config, controls=[config.proliferation_signature], studies=60),
    )

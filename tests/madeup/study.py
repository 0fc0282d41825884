"""A small made-up study, its tables checked against the contracts: for the tests of figures and report."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from irf7bone.genes.signatures import Signature
from irf7bone.study.cohort_card import CohortCard
from irf7bone.study.settings import (
    Config,
    Primary,
    RandomSignatures,
    Reliability,
    SignatureSettings,
    VerdictSettings,
)
from irf7bone.tables.cohort import COHORTS, COVERAGE, FLOW, QC, SCORES
from irf7bone.tables.outcome import ASSOCIATIONS, CURVES
from irf7bone.tables.pooled import POOLED

PRIMARY = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
PROLIFERATION = "PAM50_PROLIFERATION"
SIGNATURES = (PRIMARY, "IRF7", "ISG_RS", "ROONEY_TYPE_I_IFN", "NK_CELLS", PROLIFERATION)
CURVED = (PRIMARY, "IRF7", PROLIFERATION)
METHODS = ("zscore", "ssgsea")
MODELS = ("unadjusted", "proliferation")
ENDPOINTS = ("bone", "relapse", "death")
HAS = {"alpha": ("relapse",), "beta": ("relapse", "death"), "gamma": ("death",), "made": ("bone", "relapse")}
ROLES = {"alpha": "validation", "beta": "validation", "gamma": "validation", "made": "simulated"}
SIZES = {"alpha": 99, "beta": 150, "gamma": 60, "made": 200}


def config(**changes: object) -> Config:
    """Settings; any of them may be changed."""
    settings = {
        "title": "A made-up study",
        "cohorts": tuple(HAS),
        "experiments": (),
        "cells": (),
        "signatures": SignatureSettings(
            select=SIGNATURES, files=("data/signatures/made.gmt",), min_coverage=0.6
        ),
        "methods": METHODS,
        "endpoints": ENDPOINTS,
        "models": MODELS,
        "primary": Primary(signature=PRIMARY, method="zscore", endpoint="relapse", model="unadjusted"),
        "proliferation_signature": PROLIFERATION,
        "verdict": VerdictSettings(smallest_hr=0.7, power=0.8, prior_scale=0.5),
        "reliability": Reliability(proliferation=0.7, er=0.9),
        "min_events": 5,
        "random_signatures": RandomSignatures(draws=1000, seed=1),
    }
    return Config(**{**settings, **changes})


@dataclass(frozen=True)
class Cohort:
    """The tables of one made-up cohort."""

    obs: pd.DataFrame
    quality: pd.DataFrame
    scores: pd.DataFrame
    coverage: pd.DataFrame
    associations: pd.DataFrame
    curves: pd.DataFrame
    flow: pd.DataFrame


def cohort(name: str, *, seed: int = 7) -> Cohort:
    """One cohort, every table as its contract wants it; equal seeds give equal tables."""
    random = np.random.default_rng([seed, list(HAS).index(name)])
    n = SIZES[name]
    samples = [f"{name}-{i:03d}" for i in range(n)]
    common = random.normal(size=n)
    er = np.where(random.uniform(size=n) < 0.6, "positive", "negative").astype(object)
    obs = pd.DataFrame({"er": er} if name != "gamma" else {}, index=samples)
    scores, coverage = _scores(name, samples, common, random)
    associations = _associations(name, n, random)
    curves = _curves(name, n, random)
    return Cohort(
        obs, _quality(name, samples, random), scores, coverage, associations, curves, _flow(name, n)
    )


def _quality(name: str, samples: list[str], random: np.random.Generator) -> pd.DataFrame:
    n = len(samples)
    quality = pd.DataFrame(
        {
            "cohort": name,
            "sample": samples,
            "batch": [f"plate {i % 3 + 1}" for i in range(n)] if name == "alpha" else None,
            "median_log2": random.normal(7.0, 0.1, n),
            "iqr_log2": random.normal(2.5, 0.08, n),
            "pc1": random.normal(0, 20, n),
            "pc2": random.normal(0, 9, n),
            "pc1_variance": 0.181,
            "pc2_variance": 0.077,
            "correlation": random.normal(0.9, 0.01, n),
            "filled": 0.0,
            "outlier": False,
            "reason": None,
        }
    )
    if name == "beta":
        quality.loc[3, ["correlation", "outlier", "reason"]] = [
            0.62,
            True,
            "correlation far below the others",
        ]
    quality = QC.cast(quality)
    QC.check(quality, "made-up quality")
    return quality


def _scores(
    name: str, samples: list[str], common: np.ndarray, random: np.random.Generator
) -> tuple[pd.DataFrame, pd.DataFrame]:
    parts, coverage = [], []
    for signature in SIGNATURES:
        lost = name == "gamma" and signature == "IRF7"
        size = 1 if signature == "IRF7" else 40
        weight = -0.2 if signature == PROLIFERATION else 0.8
        raw = 2.0 * (weight * common + random.normal(size=len(samples)) * 0.6)
        coverage.append(
            {
                "cohort": name,
                "signature": signature,
                "n_genes": size,
                "n_genes_used": 0 if lost else size,
                "coverage": 0.0 if lost else 1.0,
                "missing": "IRF7" if lost else None,
                "discordant": None,
                "agreement": None if size == 1 else 0.98,
                "agreement_least_in": None if size == 1 else "beta",
                "agreement_cohorts": None if size == 1 else "beta,gamma",
                "status": "low_coverage" if lost else "ok",
                "reason": "0 of 1 genes in the cohort, 60 % wanted" if lost else None,
            }
        )
        for method in METHODS:
            parts.append(
                pd.DataFrame(
                    {
                        "sample": samples,
                        "signature": signature,
                        "method": method,
                        "score_raw": np.nan if lost else raw,
                        "score_z": np.nan if lost else (raw - raw.mean()) / raw.std(),
                        "n_genes_used": 0 if lost else size,
                        "coverage": 0.0 if lost else 1.0,
                        "status": "low_coverage" if lost else "ok",
                        "reason": coverage[-1]["reason"],
                    }
                )
            )
    scores = SCORES.cast(pd.concat(parts, ignore_index=True))
    SCORES.check(scores, "made-up scores")
    table = COVERAGE.cast(pd.DataFrame(coverage))
    COVERAGE.check(table, "made-up coverage")
    return scores, table


def _associations(name: str, n: int, random: np.random.Generator) -> pd.DataFrame:
    rows = []
    for signature, method, endpoint, model in itertools.product(SIGNATURES, METHODS, ENDPOINTS, MODELS):
        row: dict[str, object] = {
            "cohort": name,
            "signature": signature,
            "method": method,
            "endpoint": endpoint,
            "model": model,
            "n": n,
            "n_events": n // 3,
            "covariates": "none" if model == "unadjusted" else PROLIFERATION,
            "status": "ok",
        }
        if endpoint not in HAS[name]:
            row |= {"n": None, "n_events": None, "status": "not_available", "covariates": None}
            row["reason"] = f"the cohort has no endpoint {endpoint}"
        elif name == "gamma" and signature == "IRF7":
            row |= {"n": None, "n_events": None, "status": "low_coverage", "covariates": None}
            row["reason"] = "0 of 1 genes in the cohort, 60 % wanted"
        elif model == "proliferation" and signature == PROLIFERATION:
            row |= {"status": "not_available", "reason": "a score is not adjusted for itself"}
        else:
            centre = 0.45 if signature == PROLIFERATION else -0.35 if name == "made" else 0.02
            log_hr = centre + random.normal(0, 0.08)
            se = 1 / np.sqrt(n // 3)
            row |= {
                "estimator": "cox",
                "log_hr": log_hr,
                "se": se,
                "ci_low": log_hr - 1.96 * se,
                "ci_high": log_hr + 1.96 * se,
                "p": float(np.exp(-0.717 * abs(log_hr / se) - 0.416 * (log_hr / se) ** 2)),
                "c_index": 0.5 - log_hr / 6,
                "c_index_low": 0.45 - log_hr / 6,
                "c_index_high": 0.55 - log_hr / 6,
                "ph_p": 0.4,
            }
        rows.append(row)
    associations = ASSOCIATIONS.cast(pd.DataFrame(rows).reindex(columns=ASSOCIATIONS.names))
    ASSOCIATIONS.check(associations, "made-up associations")
    return associations


def _curves(name: str, n: int, random: np.random.Generator) -> pd.DataFrame:
    rows = []
    for endpoint, signature in itertools.product(HAS[name], CURVED):
        if name == "gamma" and signature == "IRF7":
            continue
        for group in ("low", "middle", "high"):
            size = n // 3
            times = np.sort(random.exponential(70, size).clip(1, 150)) + np.arange(size) * 0.01
            events = random.uniform(size=size) < 0.4
            at_risk = size - np.arange(size)
            free = np.cumprod(1 - events / at_risk)
            kind = "cumulative_incidence" if endpoint == "bone" else "event_free"
            share = (1 - free) * 0.6 if endpoint == "bone" else free
            half = 1.96 * np.sqrt(share * (1 - share) / size)
            rows.append(
                pd.DataFrame(
                    {
                        "cohort": name,
                        "signature": signature,
                        "method": "zscore",
                        "endpoint": endpoint,
                        "kind": kind,
                        "group": group,
                        "time_months": times,
                        "estimate": share,
                        "ci_low": (share - half).clip(0, 1),
                        "ci_high": (share + half).clip(0, 1),
                        "n_at_risk": at_risk,
                        "n_events": np.cumsum(events),
                    }
                )
            )
    curves = CURVES.cast(pd.concat(rows, ignore_index=True))
    CURVES.check(curves, "made-up curves")
    return curves


def _flow(name: str, n: int) -> pd.DataFrame:
    flow = FLOW.cast(
        pd.DataFrame(
            [
                (name, 0, "samples with expression in the source", "none", 0, n + 2, None),
                (name, 1, "matched to the clinical table", "no clinical row", 2, n, f"{name}-x,{name}-y"),
            ],
            columns=FLOW.names,
        )
    )
    FLOW.check(flow, "made-up flow")
    return flow


def pooled(associations: pd.DataFrame) -> pd.DataFrame:
    """Inverse-variance pooled rows of the real cohorts: only the shape matters here."""
    rows = []
    real = associations["cohort"].map(ROLES) != "simulated"
    for key, group in associations.groupby(["signature", "method", "endpoint", "model"], sort=False):
        ok = group[(group["status"] == "ok") & real[group.index]]
        row = dict(zip(("signature", "method", "endpoint", "model"), key, strict=True))
        row |= {"k": len(ok), "n": int(ok["n"].sum()), "n_events": int(ok["n_events"].sum())}
        if len(ok):
            weights = ok["se"] ** -2.0
            log_hr = float((weights * ok["log_hr"]).sum() / weights.sum())
            se = float(weights.sum() ** -0.5)
            row |= {"log_hr": log_hr, "se": se, "ci_low": log_hr - 1.96 * se, "ci_high": log_hr + 1.96 * se}
            row |= {"bayes_log_hr": log_hr, "bayes_low": log_hr - 2.5 * se, "bayes_high": log_hr + 2.5 * se}
            row |= {"further_low": log_hr - 3 * se, "further_high": log_hr + 3 * se}
            row |= {"p": 0.61, "q": 0.8, "tau2": 0.0, "i2": 12.0, "status": "ok"}
            if len(ok) > 1:
                row |= {"pi_low": log_hr - 3 * se, "pi_high": log_hr + 3 * se}
                row |= {"loo_low": log_hr - 0.05, "loo_high": log_hr + 0.04}
        else:
            row |= {"status": "not_available", "reason": "no real cohort has an estimate"}
        rows.append(row)
    table = POOLED.cast(pd.DataFrame(rows).reindex(columns=POOLED.names))
    POOLED.check(table, "made-up pooled")
    return table


def cohorts() -> pd.DataFrame:
    """One row a cohort and endpoint."""
    rows = []
    for name, endpoints in HAS.items():
        for endpoint in endpoints:
            rows.append(
                {
                    "cohort": name,
                    "title": f"The {name} cohort",
                    "role": ROLES[name],
                    "selected_on_outcome": None,
                    "platform": "GPL96" if name != "gamma" else None,
                    "samples_in_file": SIZES[name] + 2,
                    "dropped": "no clinical row=2",
                    "n": SIZES[name],
                    "genes": 12000,
                    "remarks": "0.2% of the values are missing" if name == "beta" else None,
                    "endpoint": endpoint,
                    "definition": f"time to {endpoint} & no other <event>",
                    "sampled_by_outcome": "those with it, and others" if name == "gamma" else None,
                    "n_endpoint": SIZES[name],
                    "n_events": SIZES[name] // 3,
                    "n_competing": 20 if endpoint == "bone" else 0,
                    "median_followup_months": 84.5,
                }
            )
    table = COHORTS.cast(pd.DataFrame(rows))
    COHORTS.check(table, "made-up cohorts")
    return table


def cards(**titles: str) -> dict[str, CohortCard]:
    """Cards by cohort id; ``titles`` replaces titles."""
    return {
        name: CohortCard(
            id=name,
            title=titles.get(name, f"The {name} cohort"),
            citation={} if ROLES[name] == "simulated" else {"text": f"{name.title()} 2005", "pmid": 123},
            organism="human",
            specimen="primary",
            role=ROLES[name],
            expression={"source": "simulate", "signature": PRIMARY, "log_hr": -0.4}
            if ROLES[name] == "simulated"
            else {"source": "table", "scale": "log2", "collapse": "mean"},
            clinical=(),
            fields={},
            exclude=(),
            endpoints={endpoint: {"definition": f"time to {endpoint}"} for endpoint in HAS[name]},
            expect={},
            notes=(f"A note on {name}.",),
            unverified=(),
            path=Path(f"data/cohorts/{name}.yaml"),
            sha256="0" * 64,
            documentation="a read-me",
        )
        for name in HAS
    }


def library() -> dict[str, Signature]:
    """Signatures by name."""
    return {
        name: Signature(
            name=name,
            up=("IRF7",) if name == "IRF7" else ("STAT1", "MX1"),
            down=(),
            citation="" if name == "NK_CELLS" else "Liberzon 2015 Cell Syst 1:417",
            source="made up",
            licence="none",
            role="interferon",
            how_obtained="made up",
            sha256="1" * 64,
            file=Path("data/signatures/made.gmt"),
        )
        for name in SIGNATURES
    }


def provenance() -> dict[str, object]:
    """What a run says of itself."""
    return {
        "command": "make report",
        "git_revision": "NA",
        "python": "3.11.9",
        "packages": {"numpy": "2.4.6", "pandas": "2.3.3", "gseapy": "NA"},
        "config": {"title": "A made-up study"},
        "cohorts": {
            name: {
                "card": {"file": f"data/cohorts/{name}.yaml", "sha256": "0" * 64},
                "sources": [{"role": "expression", "name": f"{name}.csv", "sha256": "2" * 64}],
            }
            for name in HAS
        },
        "experiments": {},
        "cells": {},
        "signatures": [{"file": "data/signatures/made.gmt", "sha256": "3" * 64}],
    }

"""Tables that look deeper into the made-up study, checked against their contracts."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from madeup import claim
from madeup import study as made
from madeup.genes import follow_up
from madeup.remembered import remembered

from irf7bone.base.vocabulary import BY_CARD, HER2_POSITIVE
from irf7bone.pool.by_er import pool_by_er
from irf7bone.pool.heterogeneity import asymmetry, funnel, heterogeneity, leave_one_cohort_out_table
from irf7bone.pool.pool_subtypes import pool_by_subtype
from irf7bone.pool.pooled_immune_link import pool_immune
from irf7bone.pool.specification import specification_curve, summarise_specifications
from irf7bone.random_signatures.controls import controls
from irf7bone.study.settings import Config
from irf7bone.tables.cohort import DUPLICATES, MARKERS, SIGNATURE_QUALITY
from irf7bone.tables.contract import Table
from irf7bone.tables.every_gene import GENE_CURVES
from irf7bone.tables.outcome import (
    ADJUSTMENTS,
    COMPETING,
    CONTRASTS,
    ER_ASSOCIATIONS,
    ESTIMANDS,
    IMMUNE_LINKS,
    INSIDE,
    OTHERS,
    SAMPLED,
    SITES,
    STRATA,
    SUBTYPE_ASSOCIATIONS,
)
from irf7bone.tables.outcome_checks import (
    AUDIT,
    CHECK_CURVES,
    CHECKS,
    CURVE_SUMMARY,
    DISCRIMINATION,
    GROUP_TESTS,
    GROUPS,
    LOSSES,
    MEASURES,
    QUANTITIES,
    TABLE_ONE,
)
from irf7bone.tables.random_signatures import NULL, NULL_HISTOGRAM, POOLED_NULL
from irf7bone.tables.register import OF_COHORT, OVER_COHORTS, tables_in
from irf7bone.tables.study_tables import StudyTables
from irf7bone.verdict.fragility import fragility

KEY = ["signature", "method", "endpoint", "model"]
NULL_EDGES = {"null_q025": -0.3, "null_q25": -0.1, "null_median": 0.02, "null_q75": 0.12, "null_q975": 0.31}
EMPTY = {"status": "not_available", "reason": "said in the test"}


@remembered
def results(associations: pd.DataFrame, pooled: pd.DataFrame, config: Config) -> StudyTables:
    """Every table, from the made-up associations where these decide them."""
    config = config.analysis()
    null = _null(associations)
    by_er = _by_er(associations)
    subtypes = _by_subtype(associations)
    links = _immune(list(dict.fromkeys(associations["cohort"])))
    pooled_null, pooled_histogram = _pooled_null(pooled)
    roles = {name: made.ROLES[name] for name in dict.fromkeys(associations["cohort"])}
    curve = specification_curve(pooled, dict.fromkeys(made.SIGNATURES[:4], "interferon"), config=config)
    tables = {
        "null": null,
        "null_histogram": _histogram(null[null["status"] == "ok"]),
        "by_er": by_er,
        "immune": links,
        "signature_quality": _quality(list(roles)),
        "competing": _competing(associations),
        "sites": _sites(associations),
        "sampled": _sampled(associations),
        "group_tests": _group_tests(associations),
        "curve_summary": _curve_summary(associations),
        "checks": _checks(associations),
        "check_curves": _check_curves(associations),
        "discrimination": _discrimination(associations),
        "table_one": _table_one(list(roles)),
        "losses": _losses(associations),
        "pooled_null": pooled_null,
        "pooled_null_histogram": pooled_histogram,
        "controls": controls(associations, pooled, null, pooled_null, config=config),
        "heterogeneity": heterogeneity(associations, pooled, roles),
        "leave_one_cohort_out": leave_one_cohort_out_table(associations, pooled, roles),
        "asymmetry": asymmetry(associations, pooled, roles),
        "funnel": funnel(associations, pooled, roles),
        "specifications": curve,
        "specification_summary": summarise_specifications(curve),
        "pooled_by_er": pool_by_er(by_er, roles, config=config),
        "immune_pooled": pool_immune(links, roles),
        "duplicates": _duplicates(list(roles)),
        "markers": _markers(list(roles)),
        "audit": _audit(associations, config),
        "gene_curves": GENE_CURVES.empty(),
        "gene_follow_up": follow_up(list(roles)),
        "subtypes": subtypes,
        "pooled_subtypes": pool_by_subtype(subtypes, roles, config=config),
    }
    models = claim.from_associations(associations, config)
    present = list(roles)
    claim_controls = claim.claim_controls(present, list(config.endpoints))
    known = made.cohorts()
    judged_tables, contrast, judged = claim.judge_tables(
        models,
        claim_controls,
        known[known["cohort"].isin(present)],
        config,
        duplicates=tables["duplicates"],
        sites=tables["sites"],
    )
    tables |= {
        "claim_models": models,
        "claim_controls": claim_controls,
        "exploratory": judged.exploratory,
        "verdict_models": judged.models,
        "chances": judged.chances,
        "site_contrast": contrast,
        "fragility": fragility(judged_tables, config=config),
    }
    contracts = tables_in(OF_COHORT) | tables_in(OVER_COHORTS)
    # a table that nothing is made up for is there without rows
    own = {"cohorts", "associations", "pooled", "verdict"}
    tables |= {name: contracts[name].empty() for name in contracts if name not in {*tables, *own}}
    for name, table in tables.items():
        contracts[name].check(table, f"made-up {name}")
    return StudyTables(tables)


def _table(contract: Table, rows: list[dict]) -> pd.DataFrame:
    return contract.cast(pd.DataFrame(rows).reindex(columns=contract.names))


def _markers(cohorts: list[str]) -> pd.DataFrame:
    """ER that goes with ESR1 in the first cohort; the others do not record it."""
    rows = [
        {"cohort": name, "fact": "er", "gene": "ESR1", "measure": "auc", "least": 0.7} for name in cohorts
    ]
    found = {"n": 90, "n_high": 60, "agreement": 0.93, "low": 0.87, "high": 0.99, "status": "agrees"}
    rows[0] |= found
    for row in rows[1:]:
        row |= {"status": "not_available", "reason": "the clinical data do not have it"}
    return _table(MARKERS, rows)


def _duplicates(cohorts: list[str]) -> pd.DataFrame:
    """One pair found in the first cohort; the last pair of cohorts not compared."""
    rows = [
        {"cohort": one, "other_cohort": other, "n_genes": 9000, "correlation": 0.4, "status": "none"}
        for one, other in itertools.combinations_with_replacement(cohorts, 2)
    ]
    found = {"sample": f"{cohorts[0]}-001", "other_sample": f"{cohorts[0]}-002", "evidence": "profile"}
    rows[0] |= {
        **found,
        "status": "copy",
        "correlation": 0.81,
        "margin": 0.7,
        "needed": 0.4,
        "reason": "exclude one",
    }
    rows[-1] |= {"n_genes": 80, "correlation": None, "status": "not_compared", "reason": "80 genes in common"}
    return _table(DUPLICATES, rows)


def _audit(associations: pd.DataFrame, config: object) -> pd.DataFrame:
    primary = config.primary
    fits = associations[
        (associations["signature"] == primary.signature) & (associations["method"] == primary.method)
    ]
    rows = []
    for fit in fits.to_dict("records"):
        n = int(fit["n"]) if fit["status"] == "ok" else 0
        labels = {name: fit[name] for name in ("cohort", "endpoint", "model")}
        steps = (
            ("in the file", None, 0, n + 4),
            ("lost", "no clinical data", 4, n),
            ("in the model", None, 0, n),
        )
        rows += [
            {**labels, "step": step, "what": what, "reason": reason, "n_lost": lost, "n_left": left}
            for step, (what, reason, lost, left) in enumerate(steps)
        ]
    return _table(AUDIT, rows)


def _random(row: dict, seed: int) -> dict:
    if row["status"] != "ok":
        return {"status": row["status"], "reason": row["reason"]}
    share = 0.21 if row["model"] == "unadjusted" else 0.062
    return {
        "n_genes": 40,
        "n_draws": 1000,
        "n_failed": 0,
        "smallest_pool": 25,
        "own_share": 0.01,
        "log_hr": row["log_hr"],
        "null_percentile": 0.123 + 0.01 * (seed % 5),
        "null_p": 0.246,
        "share_significant": share,
        **NULL_EDGES,
        "random_log_hr": 0.05,
        "random_p": 0.4,
        "random_null_p": 0.6,
        "status": "ok",
        "reason": None,
    }


def _null(associations: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "cohort": row["cohort"],
            **{name: row[name] for name in KEY},
            **_random(row, i),
            "share_permuted": None,
        }
        for i, row in enumerate(associations.to_dict("records"))
    ]
    return _table(NULL, rows)


def _histogram(rows: pd.DataFrame) -> pd.DataFrame:
    bins = [(-0.3, 100, 80), (-0.1, 400, 10), (0.1, 400, 0), (0.3, 100, 60)]
    found = [
        {
            "cohort": row.get("cohort", "pooled"),
            **{name: row[name] for name in KEY},
            "log_hr_low": low,
            "log_hr_high": low + 0.2,
            "n_draws": n,
            "n_significant": significant,
        }
        for row in rows.to_dict("records")
        for low, n, significant in bins
    ]
    return _table(NULL_HISTOGRAM, found) if found else NULL_HISTOGRAM.empty()


def _pooled_null(pooled: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    rows = []
    for i, row in enumerate(pooled.to_dict("records")):
        found = _random(row, i) if row["k"] != 1 else {**EMPTY}
        ok = found["status"] == "ok"
        rows.append(
            {
                **{name: row[name] for name in KEY},
                "k": row["k"],
                "cohorts": "alpha,beta" if row["k"] else None,
                "pooled_log_hr": row["log_hr"] if ok else None,
                **found,
            }
        )
    table = _table(POOLED_NULL, rows)
    return table, _histogram(table[table["status"] == "ok"])


def _by_er(associations: pd.DataFrame) -> pd.DataFrame:
    kept = associations[associations["method"] == "zscore"]
    parts = []
    for er, shift in zip(STRATA, (0.1, -0.1), strict=True):
        part = kept.drop(columns=["null_percentile", "null_p"]).assign(er=er)
        for name in ("log_hr", "ci_low", "ci_high"):
            part[name] = part[name] + shift
        gamma = (part["cohort"] == "gamma") & (part["status"] == "ok")
        part.loc[gamma, ["log_hr", "se", "ci_low", "ci_high", "p"]] = np.nan
        part.loc[gamma, "status"] = "not_available"
        part.loc[gamma, "reason"] = "the cohort does not record ER status"
        part["reason_code"] = None
        part.loc[gamma, "reason_code"] = "er_not_recorded"
        parts.append(part)
    return ER_ASSOCIATIONS.cast(pd.concat(parts, ignore_index=True)[ER_ASSOCIATIONS.names])


def _by_subtype(associations: pd.DataFrame) -> pd.DataFrame:
    """HER2-positive tumours against the others; gamma does not record HER2."""
    rows = _by_er(associations).rename(columns={"er": "stratum"})
    rows = rows.assign(
        subtype=HER2_POSITIVE,
        source=BY_CARD,
        stratum=rows["stratum"].map(dict(zip(STRATA, (INSIDE, OTHERS), strict=True))),
    )
    rows["reason"] = rows["reason"].str.replace("ER status", "her2")
    rows["reason_code"] = rows["reason_code"].str.replace("er_not_recorded", "fields_not_recorded")
    return SUBTYPE_ASSOCIATIONS.cast(rows[SUBTYPE_ASSOCIATIONS.names])


def _immune(cohorts: list[str]) -> pd.DataFrame:
    rows = []
    for cohort, signature, adjustment in itertools.product(cohorts, made.SIGNATURES[:2], ADJUSTMENTS):
        r = {"none": 0.6, "proliferation": 0.55, "proliferation,leukocytes": 0.2}[adjustment]
        row = {"cohort": cohort, "signature": signature, "immune": "NK_CELLS", "adjustment": adjustment}
        row |= {"method": "zscore", "n_shared": 0, "share_shared": 0.0, "n": made.SIZES[cohort]}
        if cohort == "gamma" and signature == "IRF7":
            rows.append(
                {**row, "status": "low_coverage", "reason": "0 of 1 genes in the cohort, 60 % wanted"}
            )
            continue
        found = {"r": r, "ci_low": r - 0.1, "ci_high": r + 0.1, "p": 0.001, "explained": 0.1}
        rows.append({**row, **found, "status": "ok"})
    return _table(IMMUNE_LINKS, rows)


def _quality(cohorts: list[str]) -> pd.DataFrame:
    rows = []
    for cohort, signature in itertools.product(cohorts, made.SIGNATURES):
        size = 1 if signature == "IRF7" else 40
        row = {
            "cohort": cohort,
            "signature": signature,
            "n_genes": size,
            "n_genes_used": size,
            "coverage": 1.0,
        }
        if size == 1:
            reason = "one gene: there is nothing that it could agree with"
            rows.append({**row, "status": "not_available", "reason": reason})
            continue
        row |= {"share_low_variance": 0.1, "mean_correlation": 0.31, "background_correlation": 0.02}
        row |= {"pc1_share": 0.4, "mean_median": 0.9, "mean_pc1": 0.95, "median_pc1": 0.88}
        rows.append({**row, "irf7_correlation": None if cohort == "gamma" else -0.25, "status": "ok"})
    return _table(SIGNATURE_QUALITY, rows)


def _of_method(associations: pd.DataFrame) -> list[dict]:
    return associations[associations["method"] == "zscore"].to_dict("records")


def _competing(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row, estimand in itertools.product(_of_method(associations), ESTIMANDS):
        there = row["endpoint"] == "bone"
        found = {**row, "estimand": estimand}
        if row["status"] == "ok":
            found |= {"n_competing": 20 if there else 0}
            found["estimator"] = "cox" if estimand == "cause_specific" else "fine_gray"
            if estimand == "subdistribution" and not there:
                gone = dict.fromkeys(("log_hr", "se", "ci_low", "ci_high", "p", "estimator"))
                reason = f"no competing event among {row['n']} samples"
                found |= {**gone, "status": "not_available", "reason": reason}
        rows.append(found)
    return _table(COMPETING, rows)


def _sampled(associations: pd.DataFrame) -> pd.DataFrame:
    """Cohort gamma as one whose patients were chosen by its first endpoint: odds, and no fractions."""
    own = associations[(associations["cohort"] == "gamma") & (associations["method"] == "zscore")]
    own = own[own["endpoint"] == "death"]
    rows = []
    for row in own.to_dict("records"):
        labels = {name: row[name] for name in ("cohort", "signature", "method", "endpoint", "model")}
        labels |= {"horizon_months": 60.0, "n": 40, "n_events": 20, "covariates": "none"}
        numbers = {"estimate": -0.3, "se": 0.2, "ci_low": -0.7, "ci_high": 0.1, "p": 0.13}
        odds = {"question": "by_horizon", "scale": "log_odds_ratio", "estimator": "logistic", "status": "ok"}
        rows.append(labels | odds | numbers)
        rows.append(labels | {"question": "population", "scale": "log_hr"} | EMPTY)
    return SAMPLED.cast(pd.DataFrame(rows, columns=SAMPLED.names))


def _sites(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    plan = {(row["cohort"], row["signature"], row["model"]) for row in _of_method(associations)}
    for (cohort, signature, model), contrast in itertools.product(sorted(plan), CONTRASTS):
        scale = {"bone_minus_other": "log_hr_difference", "bone_among_relapsed": "log_odds_ratio"}
        row = {"cohort": cohort, "signature": signature, "method": "zscore", "model": model}
        row |= {"contrast": contrast, "scale": scale.get(contrast, "log_hr")}
        if cohort != "made" or contrast in ("brain", "lung", "liver"):
            said = contrast if contrast in ("brain", "lung", "liver") else "bone"
            rows.append({**row, "status": "not_available", "reason": f"the cohort has no endpoint {said}"})
            continue
        value = {"bone": -0.4, "other": 0.1, "bone_minus_other": -0.5, "bone_among_relapsed": -0.45}[contrast]
        found = {"estimate": value, "se": 0.1, "ci_low": value - 0.2, "ci_high": value + 0.2, "p": 0.0004}
        rows.append(
            {**row, **found, "n": 200, "n_events": 66, "n_other": 20, "estimator": "cox", "status": "ok"}
        )
    return _table(SITES, rows)


def _group_tests(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in _of_method(associations):
        if row["model"] != "unadjusted":
            continue
        found = {name: row[name] for name in ("cohort", *KEY[:3], "status", "reason")}
        if row["status"] == "ok":
            found |= {"test": "gray" if row["endpoint"] == "bone" else "logrank", "n": row["n"]}
            found |= {"n_events": row["n_events"], "n_competing": 20 if row["endpoint"] == "bone" else 0}
            found |= {"statistic": 3.2, "df": 2, "p": 0.2}
        rows.append(found)
    return _table(GROUP_TESTS, rows)


def _curve_summary(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row, group in itertools.product(_of_method(associations), ("low", "middle", "high")):
        if row["model"] != "unadjusted":
            continue
        found = {name: row[name] for name in ("cohort", *KEY[:3], "status", "reason")}
        if row["status"] == "ok":
            found |= {"kind": "cumulative_incidence" if row["endpoint"] == "bone" else "event_free", "n": 30}
            found |= {"n_events": 12, "median_months": 71.5, "median_low": 40.25, "n_at_risk_60": 14}
            found |= {"at_60_months": 0.613, "at_60_low": 0.42, "at_60_high": 0.78}
        rows.append({**found, "group": group})
    return _table(CURVE_SUMMARY, rows)


def _checks(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row, (check, quantity) in itertools.product(_of_method(associations), QUANTITIES.items()):
        found = {name: row[name] for name in ("cohort", *KEY)}
        found |= {"check": check, "quantity": quantity, "n": row["n"], "n_events": row["n_events"]}
        if row["status"] != "ok":
            rows.append({**found, "status": row["status"], "reason": row["reason"]})
            continue
        found |= {"estimator": "cox", "status": "ok"}
        log_hr, half = row["log_hr"], 0.3
        ends = {"ci_low": log_hr - half, "ci_high": log_hr + half, "p": 0.5}
        by_check = {
            "hr_to_60_months": {"estimate": log_hr, **ends},
            "hr_after_60_months": {"estimate": log_hr, **ends},
            "hr_change_at_60_months": {"estimate": 0.1, "ci_low": -0.2, "ci_high": 0.4, "p": 0.52},
            "linearity": {"estimate": 1.7, "p": 0.43, "df": 2},
            "left_out_lowest": {"estimate": log_hr - 0.05, **ends, "sample": f"{row['cohort']}-001"},
            "left_out_highest": {"estimate": log_hr + 0.06, **ends, "sample": f"{row['cohort']}-002"},
            "left_out_change": {"estimate": 0.06, "sample": f"{row['cohort']}-002"},
        }
        if check == "hr_after_60_months" and row["cohort"] == "alpha":
            reason = "0 events after 60 months, 5 needed"
            rows.append({**found, "estimator": None, "status": "too_few_events", "reason": reason})
            continue
        rows.append({**found, **by_check[check]})
    return _table(CHECKS, rows)


def _check_curves(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row in _of_method(associations):
        if row["signature"] != made.PRIMARY or row["model"] != "unadjusted" or row["status"] != "ok":
            continue
        label = {name: row[name] for name in ("cohort", *KEY)}
        for part, position in itertools.product(("line", "spline", "left_out"), range(5)):
            point = {**label, "part": part, "position": position, "score_z": position - 2.0}
            point["estimate"] = 0.1 * (position - 2)
            if part == "left_out":
                point |= {
                    "sample": f"{row['cohort']}-{position:03d}",
                    "ended": "event" if position else "censored",
                }
            else:
                point |= {"ci_low": point["estimate"] - 0.3, "ci_high": point["estimate"] + 0.3}
            rows.append(point)
    return _table(CHECK_CURVES, rows)


def _discrimination(associations: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for row, measure in itertools.product(_of_method(associations), MEASURES):
        if row["model"] != "unadjusted":
            continue
        found = {name: row[name] for name in ("cohort", *KEY[:3], "status", "reason")} | {"measure": measure}
        if row["status"] == "ok":
            found |= {"n": row["n"], "n_events": row["n_events"], "competing": "none"}
            found |= {"estimate": 0.54, "ci_low": 0.45, "ci_high": 0.63}
            if measure != "harrell_c":
                found |= {
                    "horizon_months": 84.0 if measure == "uno_c" else float(measure[4:]),
                    "n_beyond": 12,
                }
        rows.append(found)
    return _table(DISCRIMINATION, rows)


def _losses(associations: pd.DataFrame) -> pd.DataFrame:
    """A weak dependence of the first endpoint of each cohort, none of the others."""
    rows = []
    for number, (cohort, endpoint) in enumerate(associations.groupby(["cohort", "endpoint"]).groups):
        found = {"cohort": cohort, "endpoint": endpoint, "n_lost": 9, "n_kept": 81, "event_share_kept": 0.25}
        shares = (
            {"event_share_lost": 0.6, "p_status": 0.004}
            if number == 0
            else {"event_share_lost": 0.3, "p_status": 0.7}
        )
        rows.append({**found, **shares, "cause": "no_time", "dependence": "none" if number else "weak"})
        rows.append({**found, "n_lost": 0, "n_kept": 90, "cause": "no_score", "dependence": "none"})
    return _table(LOSSES, rows)


def _table_one(cohorts: list[str]) -> pd.DataFrame:
    rows = []
    for cohort, group in itertools.product(cohorts, GROUPS):
        n = 90 if group == "all" else 30
        found = {"cohort": cohort, "group": group, "n": n, "n_known": n - 2}
        rows.append({**found, "characteristic": "patients", "level": "number", "count": n, **EMPTY})
        tested = {"test": "spearman", "statistic": 0.125, "p": 0.24, "status": "ok"}
        age = {"characteristic": "age", "count": n - 2, "median": 54.5, "q1": 47.0, "q3": 63.25, **tested}
        rows.append({**found, "level": "median", **age})
        for level, count in (("negative", n - 20), ("positive", 18), ("not known", 2)):
            tested = {"test": "kruskal", "statistic": 2.5, "p": 0.0413, "status": "ok"}
            rows.append({**found, "characteristic": "er", "level": level, "count": count, **tested})
    return _table(TABLE_ONE, rows)

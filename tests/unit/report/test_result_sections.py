"""The sections that look deeper: each sentence holds the numbers of its row, or why there are none."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import results as madeup_results
from madeup import study as made

from irf7bone.base.errors import InputError
from irf7bone.base.phrases import estimate, hazard_ratio
from irf7bone.figures.drawing import null_models
from irf7bone.figures.outcome_panels import competing_table, er_table
from irf7bone.report.html.section import chosen, one_row, recorded
from irf7bone.report.sections.biology_section import coherence_sentence, immune_sentence, quality_sentence
from irf7bone.report.sections.checks_section import (
    approximated,
    checks_sentence,
    discrimination_sentence,
    summary_sentences,
)
from irf7bone.report.sections.choices_section import (
    asymmetry_sentence,
    heterogeneity_sentence,
    left_out_sentence,
    specification_sentence,
)
from irf7bone.report.sections.er_section import er_sentence
from irf7bone.report.sections.random_signatures_section import (
    controls_finding,
    held_sentence,
    null_sentence,
    percent,
    planned,
    pooled_findings,
    share_findings,
    told_controls,
)
from irf7bone.report.sections.sites_section import competing_sentence, group_test_sentence, sites_sentence
from irf7bone.tables.pooled import ASYMMETRY, ER_POOLED
from irf7bone.tables.register import OF_COHORT, OVER_COHORTS, table_at, tables_in
from irf7bone.tables.study_tables import StudyTables

UNADJUSTED = {"signature": made.PRIMARY, "method": "zscore", "model": "unadjusted"}
GONE = {"status": "not_available", "reason": "said here"}


@pytest.fixture(scope="module")
def associations() -> pd.DataFrame:
    return pd.concat([made.cohort(name).associations for name in made.HAS], ignore_index=True)


@pytest.fixture(scope="module")
def results(associations) -> StudyTables:
    return madeup_results.results(associations, made.pooled(associations), made.config())


def changed(row: dict, **values: object) -> dict:
    return {**row, **values}


def test_tables_are_read_as_they_were_written(results, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    of_cohort = [
        f"{OF_COHORT.format(cohort=cohort)}{name}.tsv" for cohort in made.HAS for name in tables_in(OF_COHORT)
    ]
    for path in map(Path, of_cohort):
        table_at(str(path)).write(results.of(path.parent.name).by_name[path.stem], path)
    over = [f"{OVER_COHORTS}{name}.tsv" for name in tables_in(OVER_COHORTS) if name in results.by_name]
    for path in over:
        table_at(path).write(results.by_name[Path(path).stem], path)
    found = StudyTables.read([*of_cohort, *over])
    assert set(found.by_name) == set(results.by_name)
    for name, kept in found.by_name.items():
        expected = results.by_name[name]
        if name in tables_in(OF_COHORT):  # cohort by cohort, whatever their order in one table
            order = expected["cohort"].map(list(made.HAS).index).argsort(kind="stable")
            expected = expected.iloc[order]
        pd.testing.assert_frame_equal(kept, expected.reset_index(drop=True))
    alone = StudyTables.read(path for path in of_cohort if "/alpha/" in path)
    assert set(alone.checks["cohort"]) == {"alpha"} and "made" not in set(alone.null["cohort"])
    with pytest.raises(AttributeError, match="no table funnel was read"):
        _ = alone.funnel
    Path(OF_COHORT.format(cohort="alpha"), "null.tsv").write_text("cohort\nalpha\n")
    with pytest.raises(InputError, match="missing"):
        StudyTables.read(of_cohort)
    with pytest.raises(KeyError, match="unheard_of"):
        StudyTables.read(["results/tables/unheard_of.tsv"])


def test_a_null_sentence_holds_its_row(results):
    row = one_row(results.null, cohort="alpha", endpoint="relapse", **UNADJUSTED)
    said = null_sentence(changed(row, n_draws=9998, n_failed=2, null_percentile=0.431, null_p=0.86))
    assert f"{made.PRIMARY}, HR {hazard_ratio(row['log_hr'])}: 43.1 % of 9,998 random signatures" in said
    assert "of 40 genes have a lower hazard ratio (empirical two-sided p = 0.86), 2 more of which" in said
    assert said.endswith("; 21 % of these have p < 0.05 themselves")
    assert "themselves" not in null_sentence(changed(row, share_significant=None))
    assert null_sentence(changed(row, **GONE)).endswith("(not available: said here)")


def test_two_cohorts_say_why_no_random_signature_is_significant(results):
    row = chosen(results.pooled_null, status="ok").iloc[0].to_dict()
    two = held_sentence(row | {"cohorts": "a,b", "share_significant": 0.0})
    assert two.endswith("p < 0.05 themselves, as hardly any interval over two cohorts excludes 1")
    assert held_sentence(row | {"cohorts": "a,b,c", "share_significant": 0.1}).endswith("themselves")


def test_random_signatures_are_counted_in_patients_of_the_primary_endpoint_only(results):
    config = made.config()
    real = results.null[results.null["cohort"] != "made"]
    (said,) = share_findings(real, config)
    assert "21 % in alpha and 21 % in beta (unadjusted)" in said
    assert "6.2 % in alpha and 6.2 % in beta (adjusted for proliferation)" in said
    assert "gamma" not in said and "made" not in said and "for relapse" in said
    assert "Expected if no gene were prognostic: 5 % on average" in said
    assert share_findings(real[real["status"] != "ok"], config) == []


def test_a_missing_pooled_null_is_explained(results):
    config = made.config()
    assert pooled_findings(results.pooled_null, config) == []
    (said,) = pooled_findings(results.pooled_null.assign(**GONE), config)
    assert said.endswith("pooled over cohorts (not available: said here).")
    (said,) = pooled_findings(results.pooled_null.iloc[:0], config)
    assert "not planned in this run" in said


def test_a_failed_control_is_named(results):
    table = results.controls[results.controls["cohort"] != "made"]
    told = table[table["passed"] != "not_available"]
    shuffled = told[told["control"] == "random"].assign(control="shuffled", value=0.05)
    table = table.assign(passed=table["passed"].where(table["passed"] != "no", "yes"))
    table = pd.concat([table[table["control"] != "shuffled"], shuffled], ignore_index=True)
    fine = controls_finding(table)
    assert f"shuffled patients as expected in {len(shuffled)} of {len(shuffled)}" in fine
    assert fine.endswith("None speaks against the analysis.")
    first = table.index[-1]
    table = table.assign(
        passed=table["passed"].where(table.index != first, "no"),
        value=table["value"].where(table.index != first, 0.0639),
    )
    said = controls_finding(table)
    wrong = "not as expected in 1, with 6.4 % of random signatures below p 0.05 where 5 % should be"
    assert f"shuffled patients as expected in {len(shuffled) - 1} of {len(shuffled)}, {wrong}" in said
    assert said.endswith("so that p values of these fits come out somewhat too small. The table names each.")
    others = table.assign(passed=table["passed"].where(table["control"] != "random", "no"))
    assert "puts the analysis of its cohort in doubt" in controls_finding(others)
    assert "No control could be told" in controls_finding(table.assign(passed="not_available"))


def test_controls_of_absent_endpoints_are_not_listed(results):
    kept = told_controls(results.controls, made.cohorts())
    assert set(kept["cohort"]) == {"pooled", *made.HAS}
    assert set(kept.loc[kept["cohort"] == "alpha", "endpoint"]) == {"relapse"}


def test_only_planned_nulls_are_listed(results):
    kept = planned(results.null, made.config())
    other = kept[kept["method"] != "zscore"]
    assert set(other["signature"]) == {made.PRIMARY}
    assert set(kept.loc[kept["method"] == "zscore", "signature"]) == set(made.SIGNATURES)


@pytest.mark.parametrize(
    ("share", "said"), [(0.05, "5 %"), (0.004, "0.4 %"), (0.0, "0 %"), (0.62, "62 %"), (1.0, "100 %")]
)
def test_percent(share, said):
    assert percent(share) == said


def test_specifications_are_counted(results):
    config = made.config()
    said = specification_sentence(results.specifications, results.specification_summary, config)
    ok = results.specifications[results.specifications["status"] == "ok"]
    assert said.startswith(f"{len(ok)} of {len(results.specifications)} specifications for relapse")
    assert f"{percent((ok['log_hr'] < 0).mean())} lie below 1" in said
    below = {
        kind: f"{(rows['shown_log_hr'] < 0).sum()} of {len(rows)}"
        for kind, rows in ok.groupby(ok["model"] == "unadjusted")
    }
    assert f"Below 1 lie {below[True]} unadjusted and {below[False]} adjusted hazard ratios." in said
    middle, low, high = (
        hazard_ratio(getattr(ok["shown_log_hr"], name)()) for name in ("median", "min", "max")
    )
    assert f"the median HR is {middle}, range {low} to {high};" in said
    primary = ok[ok["is_primary"]].iloc[0]
    assert f"number {primary['rank']} of {len(ok)} from the lowest" in said
    gone = results.specification_summary.assign(**GONE)
    assert "(not available: said here)" in specification_sentence(results.specifications, gone, config)


def test_heterogeneity_says_what_few_cohorts_allow(results):
    row = {
        "k": 2,
        "i2": 0.0,
        "i2_low": 0.0,
        "i2_high": 22.0,
        "tau2": 0.0,
        "tau2_low": 0.0,
        "tau2_high": 0.007,
    }
    row |= {"cochran_q": 0.01, "q_p": 0.97, "status": "ok", "reason": None}
    said = heterogeneity_sentence(row)
    assert "I² is 0 % (95 % CI 0 % to 22 %)" in said and "no evidence that they agree" in said
    assert "no evidence" not in heterogeneity_sentence(changed(row, k=8))
    assert "without an interval (not available: said here)" in heterogeneity_sentence(changed(row, **GONE))
    assert "cannot be told" in heterogeneity_sentence(changed(row, k=1, i2=None, **GONE))


def test_leaving_out_names_the_cohorts(results):
    rows = chosen(results.leave_one_cohort_out, endpoint="relapse", **UNADJUSTED)
    low, high = rows.loc[rows["log_hr"].idxmin()], rows.loc[rows["log_hr"].idxmax()]
    said = left_out_sentence(rows)
    assert f"between {hazard_ratio(low['log_hr'])} (without {low['left_out']})" in said
    assert f"{hazard_ratio(high['log_hr'])} (without {high['left_out']}); 0 of 2 intervals exclude 1." in said
    bone = chosen(results.leave_one_cohort_out, endpoint="bone", **UNADJUSTED)
    assert left_out_sentence(bone).startswith("No cohort can be left out (not available: 0 real cohorts")


def test_a_funnel_that_cannot_be_drawn_says_why(results):
    row = one_row(results.asymmetry, endpoint="relapse", **UNADJUSTED)
    assert "2 real cohorts with an estimate, 10 needed" in asymmetry_sentence(row)
    tested = ASYMMETRY.cast(pd.DataFrame([changed(row, k=12, slope=1.0, slope_se=0.3, p=0.004, status="ok")]))
    assert "12 cohorts speaks for small-study effects" in asymmetry_sentence(tested.iloc[0].to_dict())
    assert "does not speak for" in asymmetry_sentence(tested.assign(p=0.4).iloc[0].to_dict())


def test_bone_and_other_sites_stand_side_by_side(results):
    rows = chosen(results.sites, cohort="made", **UNADJUSTED)
    said = sites_sentence(rows)
    assert f"HR of bone metastasis {estimate(-0.4, -0.6, -0.2)}" in said
    assert f"ratio of the two {estimate(-0.5, -0.7, -0.3)}, p < 0.001: they differ at p < 0.05" in said
    same = rows.assign(p=0.3)
    assert "p = 0.30: no difference is shown" in sites_sentence(same)
    few = rows.assign(
        status=rows["status"].where(rows["contrast"] != "bone_minus_other", "too_few_events"),
        reason="2 relapses at other sites among 200 samples, 5 needed",
    )
    assert "ratio of the two not estimated (too few events: 2 relapses" in sites_sentence(few)


def test_both_hazards_and_the_test_of_curves_are_said(results):
    rows = chosen(results.competing, cohort="made", endpoint="bone", **UNADJUSTED)
    test = one_row(
        results.group_tests, cohort="made", endpoint="bone", signature=made.PRIMARY, method="zscore"
    )
    said = competing_sentence(rows, test)
    fit = rows.iloc[0]
    assert said.startswith(
        f"cause-specific hazard HR {estimate(fit['log_hr'], fit['ci_low'], fit['ci_high'])}"
    )
    assert "; subdistribution hazard HR" in said and said.endswith("tertiles by Gray's test p = 0.20")
    relapse = chosen(results.competing, cohort="made", endpoint="relapse", **UNADJUSTED)
    assert "subdistribution hazard not estimated (not available: no competing" in competing_sentence(
        relapse, None
    )
    assert group_test_sentence(changed(test, **GONE)) == "tertiles not compared (not available: said here)"


def test_competing_forest_has_one_line_for_each_hazard(results):
    table = competing_table(
        results.competing, made.ROLES, signature=made.PRIMARY, models=("unadjusted", "proliferation")
    )
    assert set(table["block"]) == {"simulated"} and set(table["heading"]) == {"made: bone metastasis"}
    assert table["model"].tolist() == ["unadjusted", "proliferation"] * 2
    assert table["label"].tolist() == ["cause-specific hazard"] * 2 + ["subdistribution hazard"] * 2


def test_er_sentence_tells_strata_from_their_difference(results):
    rows = chosen(results.pooled_by_er, endpoint="relapse", **UNADJUSTED)
    said = er_sentence(rows)
    positive = rows[rows["er"] == "positive"].iloc[0]
    ends = estimate(*positive[["bayes_log_hr", "bayes_low", "bayes_high"]])
    assert f"HR in ER-positive tumours {ends} in 2 cohorts" in said and "no difference is shown" in said
    # the interval that is quoted tells, whatever p of Knapp and Hartung says
    clear = rows.assign(bayes_log_hr=-0.5, bayes_low=-0.9, bayes_high=-0.1, p=0.3)
    assert (
        f"within cohorts {estimate(-0.5, -0.9, -0.1)} in 2 cohorts: the interval leaves out 1"
        in er_sentence(clear)
    )
    death = ER_POOLED.cast(chosen(results.pooled_by_er, endpoint="bone", **UNADJUSTED))
    assert "HR in ER-negative tumours not estimated (not available: no real cohort" in er_sentence(death)


def test_er_forest_keeps_simulated_apart(results):
    table = er_table(
        results.by_er,
        results.pooled_by_er,
        made.ROLES,
        signature=made.PRIMARY,
        endpoints=made.ENDPOINTS,
        models=("unadjusted",),
    )
    patients = table[table["block"] == "patients"]
    assert "made" not in set(patients["label"]) and set(
        table.loc[table["block"] == "simulated", "label"]
    ) == {"made"}
    ratio = patients[patients["label"] == "ratio of hazard ratios, pooled"].iloc[0]
    row = one_row(results.pooled_by_er, endpoint="relapse", er="difference", **UNADJUSTED)
    assert math.log(ratio["hr"]) == pytest.approx(row["log_hr"])
    assert "gamma" not in set(table["label"])  # records no ER status


def test_immune_sentence_holds_each_adjustment(results):
    rows = chosen(results.immune_pooled, signature=made.PRIMARY, immune="NK_CELLS")
    said = immune_sentence(rows, "NK_CELLS")
    assert said.startswith(
        "With NK_CELLS over 3 cohorts of patients, 309 tumours: unadjusted r = 0.60 (95 % CI"
    )
    assert "given proliferation and PTPRC (CD45) r = 0.20" in said
    lost = rows.assign(**GONE)
    assert "unadjusted not estimated (not available: said here)" in immune_sentence(lost, "NK_CELLS")


def test_quality_sentences(results):
    row = one_row(results.signature_quality, cohort="alpha", signature=made.PRIMARY)
    said = quality_sentence(row)
    assert "40 of 40 genes measured; mean correlation of gene pairs 0.31 against 0.02" in said
    assert said.endswith("IRF7 correlates with the mean of the others at −0.25")
    alone = one_row(results.signature_quality, cohort="alpha", signature="IRF7")
    assert quality_sentence(alone).startswith("1 of 1 gene measured; not available: one gene")
    rows = chosen(results.signature_quality, signature=made.PRIMARY)
    weak = rows.assign(mean_correlation=rows["mean_correlation"].where(rows["cohort"] != "beta", 0.01))
    said = coherence_sentence(weak, made.PRIMARY)
    assert "in 3 of 4 cohorts" in said and "gamma" not in said
    assert "can it be told whether" in coherence_sentence(rows.assign(**GONE), made.PRIMARY)


def test_checks_sentence_holds_each_check(results):
    rows = chosen(results.checks, cohort="alpha", endpoint="relapse", **UNADJUSTED)
    said = checks_sentence(rows)
    assert "after not estimated (too few events: 0 events after 60 months, 5 needed), change p = 0.52" in said
    assert "spline against line p = 0.43" in said
    assert "(without alpha-001)" in said and "(without alpha-002)" in said
    absent = chosen(results.checks, cohort="alpha", endpoint="death", **UNADJUSTED)
    assert checks_sentence(absent) == "nothing to check (not available: the cohort has no endpoint death)."


def test_a_figure_of_checks_says_how_many_changes_are_no_refits(results):
    curves = chosen(results.check_curves, cohort="alpha", endpoint="relapse", **UNADJUSTED)
    assert approximated(curves) == approximated(curves.iloc[:0]) == ""
    many = curves.assign(part=curves["part"].where(curves["position"] > 1, "dfbeta"))
    said = approximated(pd.concat([many[many["part"].isin(["left_out", "dfbeta"])]] * 300))
    assert said.startswith(" Of the 2,700 samples 900, among them those that move an estimate most, were")
    assert said.endswith("the change without each of the other 1,800 is approximated by its dfbeta.")


def test_checks_of_patients_are_summed_up(results):
    config = made.config()
    primary = {**vars(config.primary), "status": "ok"}
    apart = pd.DataFrame([{**primary, "cohort": "alpha", "ci_low": 0.1, "ci_high": 0.9}])
    real = results.checks[results.checks["cohort"] != "made"]
    change, line, influence = summary_sentences(real, apart, config)
    assert summary_sentences(real, apart.assign(ci_low=-0.1), config) == [change, line]  # nothing to cross
    assert "shown (p < 0.05) in 0 of 2 cohorts of patients tested" in change and "alpha (p = 0.52)" in change
    doubtful = (real["check"] == "linearity") & (real["cohort"] == "beta")
    bent = real.assign(p=real["p"].where(~doubtful, 0.001))
    assert "in 1 of 2 cohorts" in summary_sentences(bent, apart, config)[1]
    assert "0 of 2" in line and "across 1" in influence
    safe = real.assign(estimate=np.where(real["quantity"] == "log_hr", 0.4, real["estimate"].astype(float)))
    assert summary_sentences(safe, apart, config)[2].startswith("In no cohort whose interval excludes 1")
    none = summary_sentences(real.assign(**GONE), apart, config)
    assert len(none) == 2 and all("cannot be tested" in said for said in none)


def test_discrimination_sentence(results):
    here = {"cohort": "beta", "endpoint": "death", "signature": made.PRIMARY}
    said = discrimination_sentence(chosen(results.discrimination, **here))
    assert "Uno's C 0.54 (0.45 to 0.63) up to 84 months" in said and "AUC at 10 years" in said
    gone = chosen(results.discrimination, **{**here, "endpoint": "bone"})
    assert discrimination_sentence(gone) == "Discrimination was not measured."


def test_only_endpoints_of_a_cohort_are_listed(results):
    kept = recorded(results.checks, made.cohorts())
    pairs = set(zip(kept["cohort"], kept["endpoint"], strict=True))
    assert pairs == {(name, endpoint) for name, has in made.HAS.items() for endpoint in has}


def test_models_shown_are_those_that_were_fitted():
    assert null_models(made.config()) == ("unadjusted", "proliferation")
    full = replace(made.config().primary, model="full")
    config = made.config(primary=full, models=("unadjusted", "clinical", "full"))
    assert null_models(config) == ("unadjusted", "full")

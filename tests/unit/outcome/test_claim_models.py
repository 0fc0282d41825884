"""The six models of one cohort: planted truth, the same patients in all, and how ER is adjusted for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.settings import primary, settings
from numpy.testing import assert_allclose

from irf7bone.outcome.claim_models import fit_claim_controls, fit_claim_models
from irf7bone.outcome.er_adjustment import er_adjustment
from irf7bone.outcome.imputed import impute_er, nelson_aalen
from irf7bone.statistics.calibration_regression import shift
from irf7bone.statistics.cox import CoxProblem, fit_cox
from irf7bone.study.settings import Reliability
from irf7bone.tables.claim import CLAIM_CONTROLS, CLAIM_MODELS
from irf7bone.tables.cohort import SCORES

CONFIG = settings(
    endpoints=("distant", "death"),
    primary=primary(method="zscore"),
    proliferation_signature="PROLIF",
    reliability=Reliability(0.7, 0.9),
    min_events=5,
)


def standard(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std(ddof=1)


def made_up(n: int = 400, log_hr: float = -0.4, seed: int = 3, share: float = 0.5):
    """Samples with distant relapse, scores IFN and PROLIF, and an axis of random scores."""
    random = np.random.default_rng(seed)
    proliferation = random.normal(size=n)
    score = standard(-0.4 * proliferation + random.normal(size=n))
    axis = standard(0.5 * score + random.normal(size=n))
    er = np.where(random.random(n) < 0.7, "positive", "negative").astype(object)
    pull = log_hr * score + 0.5 * proliferation - 0.5 * (er == "positive")
    clock = random.exponential(60 * np.exp(-pull))
    end = np.quantile(clock, share) * random.uniform(0.5, 2, n)
    samples = [f"s{i}" for i in range(n)]
    obs = pd.DataFrame(
        {
            "distant_time_months": np.minimum(clock, end),
            "distant_event": (clock <= end).astype(float),
            "er": er,
            "esr1": 2.0 * (er == "positive") + random.normal(size=n),
        },
        index=samples,
    )
    parts = [
        pd.DataFrame(
            {
                "cohort": "made",
                "sample": samples,
                "signature": name,
                "method": "zscore",
                "score_raw": values,
                "score_z": standard(values),
                "n_genes_used": 10,
                "coverage": 1.0,
                "status": "ok",
                "reason": None,
            }
        )
        for name, values in (("IFN", score), ("PROLIF", proliferation))
    ]
    scores = pd.concat(parts, ignore_index=True).reindex(columns=SCORES.names)
    return obs, scores, pd.DataFrame({"IFN": axis}, index=samples)


def models(obs, scores, axes, config=CONFIG) -> pd.DataFrame:
    table = fit_claim_models("made", obs, scores, axes, config=config)
    CLAIM_MODELS.check(table, "claim models")
    chosen = table[(table["signature"] == "IFN") & (table["endpoint"] == "distant")]
    return chosen.set_index("model")


def test_every_planned_row_is_there_and_all_models_have_the_same_patients():
    obs, scores, axes = made_up()
    table = fit_claim_models("made", obs, scores, axes, config=CONFIG)
    assert len(table) == 2 * 2 * 6
    found = models(obs, scores, axes)
    assert (found["status"] == "ok").all()
    assert found["n"].nunique() == found["n_events"].nunique() == 1
    own = table[(table["signature"] == "PROLIF") & (table["endpoint"] == "distant")]
    assert (own["status"] == "not_available").all()
    assert table.loc[table["endpoint"] == "death", "reason"].eq("the cohort has no endpoint death").all()


def test_a_planted_effect_is_found_given_proliferation_and_er():
    found = models(*made_up(n=2000))
    claim = found.loc["claim"]
    assert claim["log_hr"] == pytest.approx(-0.4, abs=3 * claim["se"])
    # unadjusted, proliferation adds to it
    assert found.loc["unadjusted", "log_hr"] < claim["log_hr"] - 0.1
    assert claim["covariates"] == "proliferation,er_status"


def test_models_are_those_of_their_covariates():
    obs, scores, axes = made_up()
    found = models(obs, scores, axes)
    z = scores.pivot(index="sample", columns="signature", values="score_z").loc[obs.index]
    score, proliferation = z["IFN"].to_numpy(), z["PROLIF"].to_numpy()
    time, event = obs["distant_time_months"].to_numpy(), obs["distant_event"].to_numpy()

    def fit(*columns):
        return fit_cox(CoxProblem(time, event, np.column_stack(columns)), score[None])

    er = (obs["er"] == "positive").to_numpy(float)
    for name, columns in (
        ("proliferation", (proliferation,)),
        ("claim", (proliferation, er)),
        ("random", (proliferation, axes["IFN"].to_numpy())),
    ):
        fits = fit(*columns)
        assert_allclose(
            found.loc[name, ["log_hr", "se"]].astype(float), [fits.log_hr[0], fits.se[0]], rtol=1e-8
        )
    r = float(np.corrcoef(score, proliferation)[0, 1])
    by_hand = fit(proliferation + shift(r, 0.7) * score, axes["IFN"].to_numpy())
    assert found.loc["random_calibrated", "log_hr"] == pytest.approx(by_hand.log_hr[0], rel=1e-6)
    assert found.loc["proliferation", "r_proliferation"] == pytest.approx(r)


def test_without_a_null_the_models_of_random_scores_are_not_available():
    obs, scores, axes = made_up()
    found = models(obs, scores, axes[[]])
    assert (found.loc[["random", "random_calibrated"], "status"] == "not_available").all()
    assert (found.loc[["unadjusted", "proliferation", "claim", "calibrated"], "status"] == "ok").all()


def test_few_events_are_refused_in_all_six():
    obs, scores, axes = made_up()
    obs["distant_event"] = 0.0
    obs.iloc[:3, obs.columns.get_loc("distant_event")] = 1.0
    found = models(obs, scores, axes)
    assert (found["status"] == "too_few_events").all()
    assert (found["n_events"] == 3).all()


def test_firth_gives_a_variance_of_the_attenuation():
    obs, scores, axes = made_up(n=60, share=0.3)
    found = models(obs, scores, axes)
    assert found.loc["claim", "estimator"] == "firth"
    narrower = found.loc["proliferation", "se"] <= found.loc["unadjusted", "se"]
    assert pd.notna(found.loc["proliferation", "difference_variance"]) == narrower


def test_change_over_time_is_seen_where_it_is_planted():
    random = np.random.default_rng(8)
    obs, scores, axes = made_up(n=1500)
    score = scores.loc[scores["signature"] == "IFN", "score_z"].to_numpy()
    early = random.exponential(np.exp(0.7 * score))
    clock = np.where(early > 0.6, 0.6 + random.exponential(np.exp(-0.7 * score)), early)
    obs["distant_time_months"], obs["distant_event"] = clock, 1.0
    claim = models(obs, scores, axes).loc["claim"]
    assert claim["change"] > 5 * claim["change_se"]


@pytest.mark.parametrize(
    ("status", "esr1", "kind"),
    [
        (["positive"] * 60 + ["negative"] * 40, False, "status"),
        (["positive"] * 96 + ["negative"] * 4, False, "restricted"),
        (["negative"] * 100, True, "restricted"),
        (["positive"] * 95 + ["negative"] * 5, False, "status"),
        (["positive"] * 96 + ["negative"] * 2 + [None] * 2, False, "restricted"),
        # who has no status may have the other: no restriction, and no status to adjust for
        (["positive"] * 84 + [None] * 16, True, "expression"),
        (["positive"] * 82 + ["negative"] * 3 + [None] * 15, False, "none"),
        (["positive"] * 60 + ["negative"] * 25 + [None] * 15, True, "status"),
        (["positive"] * 40 + ["negative"] * 35 + [None] * 25, True, "expression"),
        (["positive"] * 40 + ["negative"] * 35 + [None] * 25, False, "none"),
        (None, True, "expression"),
        (None, False, "none"),
    ],
)
def test_how_er_is_adjusted_for(status, esr1, kind):
    obs = pd.DataFrame(index=range(100))
    if status is not None:
        obs["er"] = pd.Categorical(status, categories=["positive", "negative"])
    if esr1:
        obs["esr1"] = np.linspace(2, 12, 100)
    found = er_adjustment(obs)
    assert found.kind == kind
    assert (found.values is None) == (kind in ("restricted", "none"))


def test_restriction_leaves_er_out_and_says_so():
    obs, scores, axes = made_up()
    obs["er"] = "negative"
    found = models(obs, scores, axes)
    assert (found["er"] == "restricted").all()
    same = found.loc[["proliferation", "claim"], ["log_hr", "se"]].astype(float)
    assert_allclose(same.iloc[0], same.iloc[1])


def test_control_takes_the_widest_endpoint_of_the_same_patients():
    obs, scores, _ = made_up()
    obs["bone_time_months"] = obs["distant_time_months"]
    obs["bone_event"] = obs["distant_event"] * (np.arange(len(obs)) % 3 == 0)
    obs.loc[obs.index[:50], ["bone_time_months", "bone_event"]] = np.nan
    config = CONFIG._replace(endpoints=("bone", "death"))
    table = fit_claim_controls("made", obs, scores, config=config)
    CLAIM_CONTROLS.check(table, "controls")
    bone, death = table.to_dict("records")
    assert (bone["control_endpoint"], bone["n"]) == ("distant", 350)
    assert bone["log_hr"] > 3 * bone["se"]
    assert death["status"] == "not_available"


def test_missing_er_is_imputed_beside_the_complete_cases():
    obs, scores, axes = made_up(n=600)
    random = np.random.default_rng(2)
    complete = models(obs, scores, axes).loc["claim"]
    gone = random.random(len(obs)) < 0.15
    obs["er"] = obs["er"].where(~gone, None)
    found = models(obs, scores, axes).loc["claim"]
    assert found["n"] == len(obs) - gone.sum() and found["n_imputed"] == len(obs)
    assert found["imputed_log_hr"] == pytest.approx(complete["log_hr"], abs=0.5 * complete["se"])
    # of what the complete cases lose, imputation wins back part
    assert complete["se"] * 0.999 < found["imputed_se"] < found["se"] * 1.02
    again = models(obs, scores, axes).loc["claim"]
    assert again["imputed_log_hr"] == found["imputed_log_hr"]
    assert pd.isna(complete["imputed_log_hr"])


def test_cumulative_hazard_by_hand():
    time, event = np.array([2.0, 3.0, 3.0, 5.0, 6.0]), np.array([1.0, 1.0, 0.0, 0.0, 1.0])
    expected = np.array([1 / 5, 1 / 5 + 1 / 4, 1 / 5 + 1 / 4, 1 / 5 + 1 / 4, 1 / 5 + 1 / 4 + 1])
    assert_allclose(nelson_aalen(time, event), expected)
    late = nelson_aalen(time, event, np.array([0.0, 0.0, 2.0, 0.0, 0.0]))
    assert_allclose(late[:2], [1 / 4, 1 / 4 + 1 / 4])


def test_imputed_values_are_statuses_and_follow_the_covariates():
    random = np.random.default_rng(4)
    n = 800
    proliferation = random.normal(size=n)
    er = (random.normal(size=n) < -1.5 * proliferation).astype(float)
    missing = random.random(n) < 0.2
    known = {"proliferation": proliferation, "score": random.normal(size=n)}
    time, event = random.exponential(size=n), (random.random(n) < 0.5).astype(float)
    drawn = impute_er(time, event, known, np.where(missing, np.nan, er), seed=5)
    assert len(drawn) == 20
    assert all(set(np.unique(one)) <= {0.0, 1.0} for one in drawn)
    assert all((one[~missing] == er[~missing]).all() for one in drawn)
    right = np.mean([(one[missing] == er[missing]).mean() for one in drawn])
    assert right > 0.6

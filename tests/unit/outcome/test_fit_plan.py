"""One plan, many readers: a result has the same samples, counts and reason in every table that names it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup import study as made

from irf7bone.base.errors import InputError
from irf7bone.outcome import models
from irf7bone.outcome.associate import associate
from irf7bone.outcome.competing_risks import competing
from irf7bone.outcome.discrimination import discrimination
from irf7bone.outcome.er_strata import associate_by_er
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.group_tests import group_tests
from irf7bone.outcome.model_checks import checks
from irf7bone.outcome.models import MODELS, Cohort, Unavailable
from irf7bone.outcome.reasons import _SAID, Code, because
from irf7bone.outcome.sites import sites
from irf7bone.pool.by_er import pool_by_er
from irf7bone.random_signatures.fits import behind
from irf7bone.study.settings import Primary, SignatureSettings, VerdictSettings

CONFIG = made.config(
    signatures=SignatureSettings(("IFN", "PROLIF"), (), 0.5),
    methods=("zscore",),
    endpoints=("bone", "death"),
    models=("unadjusted", "proliferation", "clinical", "full"),
    primary=Primary("IFN", "zscore", "bone", "unadjusted"),
    proliferation_signature="PROLIF",
    verdict=VerdictSettings(0.7, 0.8),
    min_events=5,
)
READERS = {
    "associations": associate,
    "competing": competing,
    "sites": sites,
    "checks": checks,
    "er": associate_by_er,
}
N = 120


def cohort(n_events=40, seed=3):
    """120 patients with a bone endpoint and its competing relapses, ER, and age; death is not recorded."""
    random = np.random.default_rng(seed)
    samples = [f"S{i:03d}" for i in range(N)]
    cause = np.zeros(N)
    cause[:n_events] = 1
    cause[n_events : n_events + 30] = 2
    random.shuffle(cause)
    obs = pd.DataFrame(
        {
            "bone_time_months": random.uniform(5, 120, N).round(1),
            "bone_event": (cause == 1).astype(float),
            "bone_competing": (cause == 2).astype(float),
            "er": pd.Categorical(np.where(random.random(N) < 0.5, "positive", "negative")),
            "age": random.integers(30, 80, N).astype(float),
        },
        index=samples,
    )
    parts = [
        pd.DataFrame({"sample": samples, "signature": name, "score_z": random.normal(size=N)})
        for name in ("IFN", "PROLIF")
    ]
    scores = pd.concat(parts, ignore_index=True).assign(method="zscore", status="ok", reason=None)
    return obs, scores


def withhold(scores, signature, status, reason):
    """The scores as the scoring stage writes them where it gives none for a signature."""
    out = scores["signature"] == signature
    changed = scores.assign(score_z=scores["score_z"].mask(out))
    changed.loc[out, ["status", "reason"]] = [status, reason]
    return changed


def said(plan, **wanted):
    """Status, reason, n and n_events of the bone results of one score and model, by table that has them."""
    found = {}
    for name, reader in READERS.items():
        table = reader(plan)
        wanted_here = wanted | ({"contrast": "bone"} if name == "sites" else {"endpoint": "bone"})
        rows = table[np.logical_and.reduce([table[column] == value for column, value in wanted_here.items()])]
        assert len(rows), name
        columns = rows[["status", "reason", "n", "n_events"]].astype(object)
        found[name] = {
            tuple(None if pd.isna(x) else x for x in row) for row in columns.itertuples(index=False)
        }
    return found


def test_a_proliferation_score_of_low_coverage_is_named_alike_in_every_table():
    obs, scores = cohort()
    plan = FitPlan(
        "x", obs, withhold(scores, "PROLIF", "low_coverage", "coverage 0.10 is too low"), config=CONFIG
    )
    reason = "no proliferation score: PROLIF: coverage 0.10 is too low"
    for model in ("proliferation", "full"):
        for name, rows in said(plan, signature="IFN", model=model).items():
            assert rows == {("not_available", reason, None, None)}, name
    for name, rows in said(plan, signature="PROLIF", model="unadjusted").items():
        assert rows == {("low_coverage", "coverage 0.10 is too low", None, None)}, name


@pytest.mark.parametrize("model", ["unadjusted", "proliferation", "clinical"])
def test_three_events_are_counted_alike_in_every_table(model):
    obs, scores = cohort(n_events=3)
    obs.iloc[:4, obs.columns.get_loc("age")] = np.nan
    plan = FitPlan("x", obs, scores, config=CONFIG)
    found = said(plan, signature="IFN", model=model)
    n = N - 4 if model == "clinical" else N
    n_events = int(obs["bone_event"].iloc[4 if model == "clinical" else 0 :].sum())
    expected = ("too_few_events", f"{n_events} events among {n} samples, 5 needed", n, n_events)
    del found["er"]  # half of these samples each
    assert all(rows == {expected} for rows in found.values()), found
    if model == "unadjusted":
        for table, column in ((group_tests(plan), "test"), (discrimination(plan), "measure")):
            rows = table[(table["signature"] == "IFN") & (table["endpoint"] == "bone")]
            row = rows[rows[column].isin(["gray", "harrell_c"])].iloc[0]
            assert (row["status"], row["reason"], row["n"], row["n_events"]) == expected


def test_an_endpoint_that_is_not_there_is_named_alike_in_every_table():
    plan = FitPlan("x", *cohort(), config=CONFIG)
    for reader in (associate, competing, checks, group_tests, discrimination, associate_by_er):
        table = reader(plan)
        assert set(table.loc[table["endpoint"] == "death", "reason"]) == {"the cohort has no endpoint death"}


def test_every_reader_has_the_samples_and_the_estimator_of_the_plan():
    obs, scores = cohort()
    obs.iloc[:6, obs.columns.get_loc("age")] = np.nan
    scores.loc[(scores["signature"] == "IFN") & scores["sample"].isin(["S010", "S011"]), "status"] = (
        "separated"
    )
    plan = FitPlan("x", obs, scores, config=CONFIG)
    fits = associate(plan)
    row = plan.table.row("IFN", "zscore")
    kept = {"unadjusted": N - 2, "proliferation": N - 2, "clinical": N - 8, "full": N - 8}
    for fit in fits[(fits["signature"] == "IFN") & (fits["status"] == "ok")].to_dict("records"):
        part = plan.fit_of(row, fit["endpoint"], fit["model"])
        assert (
            (part.samples.size, part.estimator) == (fit["n"], fit["estimator"]) == (kept[fit["model"]], "cox")
        )
        samples, design = behind(plan, fit)
        assert samples is part.samples
        assert design is part.due
    assert (fits["status"] == "ok").sum() == 6  # of PROLIF unadjusted and clinical only
    tables = competing(plan), checks(plan)
    for table in tables:
        ok = table[(table["signature"] == "IFN") & (table["endpoint"] == "bone")]
        ok = ok[ok["estimand"] == "cause_specific"] if "estimand" in ok else ok[ok["check"] == "linearity"]
        assert dict(zip(ok["model"], ok["n"], strict=True)) == kept


def test_a_design_is_made_once_and_only_when_asked_for(monkeypatch):
    made = []
    plain = MODELS["unadjusted"].design
    monkeypatch.setattr(
        type(MODELS["unadjusted"]), "design", lambda self, cohort: made.append(self) or plain(cohort)
    )
    plan = FitPlan("x", *cohort(), config=CONFIG._replace(models=("unadjusted",), endpoints=("bone",)))
    assert not made
    for reader in (associate, competing, checks):
        reader(plan)
    assert len(made) == 1


def test_a_row_of_other_data_has_no_fit_behind_it():
    obs, scores = cohort()
    row = associate(FitPlan("x", obs, scores, config=CONFIG)).iloc[0].to_dict()
    fewer = FitPlan(
        "x", obs.assign(bone_time_months=obs["bone_time_months"].mask(obs["age"] < 50)), scores, config=CONFIG
    )
    for wrong in (row | {"n": row["n"] - 1}, row | {"signature": "NONE"}, row | {"endpoint": "death"}):
        with pytest.raises(InputError, match="rerun the cohort's associations"):
            behind(FitPlan("x", obs, scores, config=CONFIG), wrong)
    with pytest.raises(InputError, match="rerun the cohort's associations"):
        behind(fewer, row)


def test_nothing_is_due_where_a_reason_stands():
    plan = FitPlan("x", *cohort(n_events=3), config=CONFIG)
    part = plan.fit_of(plan.table.row("IFN", "zscore"), "bone", "unadjusted")
    assert part.reason.code == Code.TOO_FEW_EVENTS
    with pytest.raises(ValueError, match="3 events among 120 samples"):
        _ = part.due


def test_by_er_says_which_cohorts_lack_the_endpoint_by_code():
    obs, scores = cohort()
    whole = associate_by_er(FitPlan("a", obs, scores, config=CONFIG))
    codes = whole.groupby("endpoint")["reason_code"].agg(lambda column: set(column.dropna()))
    assert codes["death"] == {"no_endpoint"}
    assert "no_endpoint" not in codes["bone"]
    blind = associate_by_er(FitPlan("b", obs.drop(columns="er"), scores, config=CONFIG))
    assert set(blind.loc[blind["endpoint"] == "bone", "reason_code"]) == {"er_not_recorded"}
    # the words may change, what is pooled and why not stays
    reworded = blind.assign(reason=blind["reason"].str.replace("the cohort", "this cohort"))
    for table, name in ((blind, "the"), (reworded, "this")):
        pooled = pool_by_er(table, {"b": "validation"}, config=CONFIG)
        why = pooled.groupby("endpoint")["reason"].unique()
        assert list(why["death"]) == ["no real cohort has the endpoint death"]
        assert list(why["bone"]) == [
            f"no real cohort with an estimate (b: {name} cohort does not record ER status)"
        ]


def test_every_code_has_a_sentence_and_a_status():
    assert set(_SAID) == set(Code)
    for code, (status, sentence) in _SAID.items():
        fields = {name: 1 for name in re.findall(r"{(\w+)", status + sentence)}
        reason = because(code, **fields)
        assert str(reason)
        assert reason.status
        assert reason.columns["reason_code"] == code.value


def test_reasons_of_covariates_are_listed():
    obs = pd.DataFrame({"grade": [1.0, None, None, 2.0], "age": [50.0] * 4})
    found = MODELS["clinical"].design(Cohort(obs, np.arange(4.0), np.ones(4), None, None))
    assert isinstance(found, Unavailable)
    assert [reason.code for reason in found.reason.fields["lost"]] == [
        Code.NOT_RECORDED, Code.NOT_RECORDED, Code.INCOMPLETE, Code.NOT_RECORDED, Code.ALL_THE_SAME,
    ]  # fmt: skip
    assert str(found.reason) == (
        "no clinical covariate can be used: er not recorded; node not recorded; "
        "grade known in 50% of samples, 80% needed; size_cm not recorded; age is the same in all samples"
    )


def prose_read(source):
    """Lines that compare a reason with words, search it, or cut it up."""
    asks = {
        "startswith",
        "endswith",
        "split",
        "partition",
        "contains",
        "match",
        "fullmatch",
        "search",
        "extract",
    }
    found = []
    for node in ast.walk(ast.parse(source)):
        asked: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(isinstance(side, ast.JoinedStr) or _is_text(side) for side in sides):
                asked = sides
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in asks:
            asked = [node.func.value, *node.args]
        if any(_names_a_sentence(part) for part in asked):
            found.append(node.lineno)
    return found


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in ("", "reason")


def _names_a_sentence(node):
    """Whether an expression is a reason or the rule's text: ``x.reason``, ``x["reason"]``, ``.str`` of it."""
    words = {"reason", "reasons", "rule_text", "label", "covariates"}
    if isinstance(node, ast.Attribute):
        return node.attr in words or (node.attr == "str" and _names_a_sentence(node.value))
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and node.slice.value in words - {"label"}
    return isinstance(node, ast.Name) and node.id in words - {"label", "covariates"}


def test_the_search_for_read_prose_finds_it():
    for line in (
        'rows[rows["reason"] != f"the cohort has no endpoint {endpoint}"]',
        'set(re.split("[,=()]", design.label))',
        'seen["covariates"].split("strata(er)")',
        'rows["reason"].str.contains("no endpoint")',
        'reason.startswith("the cohort")',
        'x = 1 if row.reason == "none" else 2',
    ):
        assert prose_read(line) == [1], line
    assert not prose_read('rows[rows["reason_code"] == Code.NO_ENDPOINT]')


def test_nothing_that_decides_reads_a_sentence():
    package = Path(models.__file__).parents[1]
    rooms = (
        "outcome",
        "pool",
        "random_signatures",
        "statistics",
        "verdict",
        "figures",
        "report",
        "experiments",
    )
    files = sorted(file for room in rooms for file in (package / room).rglob("*.py"))
    assert len(files) > 80
    found = [
        f"{file.relative_to(package)}:{line}"
        for file in files
        for line in prose_read(file.read_text("utf-8"))
    ]
    assert not found

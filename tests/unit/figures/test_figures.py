"""Figures: the numbers they show are those of the table, simulated data are marked, bytes do not vary."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from madeup import genes as madeup_genes
from madeup import results as madeup_results
from madeup import study as made
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.text import Text

from irf7bone.base.phrases import estimate
from irf7bone.figures import cohort_figures, key_signatures, one_column_figures, pooled_figures, style
from irf7bone.figures.distributions import order_signatures, plot_scores
from irf7bone.figures.drawing import er_models
from irf7bone.figures.forest import WIDEST_RATIO, axis_limit, picture_lines
from irf7bone.figures.forest_tables import cohorts_with, forest_table, overview_table
from irf7bone.figures.plot_cohort import curve_numbers, forest_models, plot_cohort_figures, plot_forests
from irf7bone.figures.plot_curves import (
    five_year_words,
    group_test_words,
    median_words,
    month_ticks,
    numbers_at_risk,
    plot_curves,
    spread,
)
from irf7bone.figures.plot_random_signatures import null_axis_limit, plot_null
from irf7bone.tables.every_gene import EVERY_GENE
from irf7bone.tables.outcome_checks import CURVE_SUMMARY, GROUP_TESTS

MODELS = ("unadjusted", "proliferation")


@pytest.fixture(scope="module")
def cohorts() -> dict[str, made.Cohort]:
    return {name: made.cohort(name) for name in made.HAS}


@pytest.fixture(scope="module")
def associations(cohorts) -> pd.DataFrame:
    return pd.concat([cohort.associations for cohort in cohorts.values()], ignore_index=True)


@pytest.fixture(scope="module")
def pooled(associations) -> pd.DataFrame:
    return made.pooled(associations)


@pytest.fixture(scope="module")
def results(associations, pooled):
    return madeup_results.results(associations, pooled, made.config())


@pytest.fixture(scope="module")
def forests(associations, pooled, results):
    return plot_forests(
        associations, pooled, made.ROLES, made.config(), results, madeup_genes.genes(list(made.ROLES))
    )


def texts(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def table_of(associations, pooled, roles=made.ROLES, endpoint="relapse") -> pd.DataFrame:
    return forest_table(
        associations,
        pooled,
        roles,
        endpoint=endpoint,
        method="zscore",
        models=MODELS,
        signatures=(made.PRIMARY, "IRF7"),
    )


def test_numbers_at_risk_are_those_just_before_each_time():
    # Four samples leave at 5, 10, 10 and 20 months: at 10 three are still there, past 20 nobody.
    curve = pd.DataFrame({"time_months": [20.0, 5.0, 10.0], "n_at_risk": [1, 4, 3]})
    assert numbers_at_risk(curve, [0, 5, 6, 10, 11, 20, 21]) == [4, 4, 3, 3, 1, 1, 0]


@pytest.mark.parametrize(
    ("last", "ticks"),
    [(10.0, [0, 3, 6, 9]), (60.0, [0, 12, 24, 36, 48, 60]), (118.0, [0, 24, 48, 72, 96]), (0.5, [0])],
)
def test_month_ticks_are_few_and_whole(last, ticks):
    assert month_ticks(last) == ticks


def test_labels_are_moved_apart_and_keep_their_order():
    placed = spread([0.50, 0.52, 0.51], 0.1, 0.0, 1.0)
    assert np.argsort(placed).tolist() == [0, 2, 1]
    assert np.diff(sorted(placed)).min() >= 0.1 - 1e-12
    assert spread([0.1, 0.9], 0.1, 0.0, 1.0) == [0.1, 0.9]
    top = spread([0.99, 0.98, 0.97], 0.1, 0.0, 1.0)
    assert max(top) <= 1.0 and np.diff(sorted(top)).min() >= 0.1 - 1e-12


def test_forest_numbers_are_those_of_the_tables(associations, pooled):
    table = table_of(associations, pooled)
    row = table[
        (table["label"] == "beta") & (table["heading"] == "IRF7") & (table["model"] == "unadjusted")
    ].iloc[0]
    fit = associations[
        (associations["cohort"] == "beta")
        & (associations["signature"] == "IRF7")
        & (associations["method"] == "zscore")
        & (associations["endpoint"] == "relapse")
        & (associations["model"] == "unadjusted")
    ].iloc[0]
    assert np.log(row["hr"]) == pytest.approx(fit["log_hr"])
    assert np.log([row["hr_low"], row["hr_high"]]) == pytest.approx([fit["ci_low"], fit["ci_high"]])
    assert (row["n"], row["n_events"]) == (fit["n"], fit["n_events"])


def test_simulated_rows_stand_apart_and_touch_no_other(associations, pooled):
    table = table_of(associations, pooled)
    assert table.loc[table["label"] == "made", "block"].unique().tolist() == ["simulated"]
    assert table["block"].tolist() == sorted(table["block"])  # patients first, then simulated
    without = table_of(associations[associations["cohort"] != "made"], pooled)
    pd.testing.assert_frame_equal(table[table["block"] == "patients"].reset_index(drop=True), without)


def test_a_cohort_without_the_endpoint_has_no_row(associations, pooled):
    assert "gamma" not in table_of(associations, pooled)["label"].tolist()
    assert cohorts_with(associations[associations["endpoint"] == "bone"]) == ["made"]


def test_low_coverage_is_said_and_not_drawn(associations, pooled, forests):
    table = table_of(associations, pooled, endpoint="death")
    lost = table[(table["label"] == "gamma") & (table["heading"] == "IRF7")]
    assert set(lost["status"]) == {"low_coverage"} and lost["hr"].isna().all()
    assert "low coverage" in texts(forests["forest_death"].figure)


def test_prediction_interval_has_a_line_only_where_there_is_one(associations, pooled):
    table = table_of(associations, pooled)
    predicted = table[table["kind"] == "prediction"]
    assert len(predicted) == 4  # two signatures, two models
    assert (predicted["hr_low"] < predicted["hr"]).all() and (predicted["hr"] < predicted["hr_high"]).all()
    ends = np.log(predicted[["hr_low", "hr_high"]].to_numpy(dtype=float))
    known = pooled[["further_low", "further_high"]].to_numpy(dtype=float)
    assert all(np.isclose(known, end).all(axis=1).any() for end in ends)
    alone = pooled.assign(k=1)
    assert "prediction" not in set(table_of(associations, alone)["kind"])


def test_a_diamond_spans_the_interval_that_is_quoted(associations, pooled):
    diamonds = table_of(associations, pooled).query("kind == 'pooled' and status == 'ok'")
    key = ["signature", "model"]
    rows = pooled[(pooled["endpoint"] == "relapse") & (pooled["method"] == "zscore")].set_index(key)
    for row in diamonds.to_dict("records"):
        source = rows.loc[(row["heading"], row["model"])]
        drawn = np.log([row["hr"], row["hr_low"], row["hr_high"]])
        quoted = source[["bayes_log_hr", "bayes_low", "bayes_high"]].to_numpy(dtype=float)
        np.testing.assert_allclose(drawn, quoted, rtol=1e-12)
        assert source["bayes_low"] < source["ci_low"]  # or the test could not tell them apart
    own = table_of(associations, pooled.assign(k=1)).query("kind == 'pooled' and status == 'ok'").iloc[0]
    source = rows.loc[(own["heading"], own["model"])]
    assert np.log(own["hr_low"]) == pytest.approx(source["ci_low"])


def test_one_cohort_is_not_called_pooled(associations):
    alone = associations[associations["cohort"].isin(["alpha"])]
    table = table_of(alone, made.pooled(alone))
    assert table.loc[table["kind"] == "pooled", "label"].unique().tolist() == ["one cohort, not pooled"]


def test_forest_lines_merge_the_models_of_one_row(associations, pooled):
    lines = picture_lines(table_of(associations, pooled))
    assert [line.kind for line in lines[:5]] == ["heading", "cohort", "cohort", "pooled", "prediction"]
    assert all(set(line.fits) == set(MODELS) for line in lines if line.fits)


def test_axis_holds_every_interval_within_bounds():
    def limit(low: float, high: float) -> float:
        return axis_limit(pd.DataFrame({"status": ["ok"], "hr_low": [low], "hr_high": [high]}))

    assert limit(0.9, 2.5) > 2.5
    assert limit(0.4, 1.1) > 2.5
    assert limit(1e-9, 1e9) == WIDEST_RATIO
    assert limit(0.0, 1.0) == WIDEST_RATIO
    assert axis_limit(pd.DataFrame({"status": ["separated"], "hr_low": [np.nan], "hr_high": [np.nan]})) > 1


@pytest.mark.parametrize("log_hr", [-1800.0, 1800.0])
def test_random_signatures_of_an_estimate_beyond_any_ratio_are_drawn(results, log_hr):
    null = results.null.assign(log_hr=log_hr, null_q025=-900.0)
    limit = null_axis_limit(null, results.null_histogram)
    assert limit == null_axis_limit(null.assign(log_hr=5.0), results.null_histogram)
    drawn = plot_null(null, results.null_histogram, ("unadjusted",), title="t", nothing="n", simulated=False)
    assert isinstance(drawn, Figure)


def test_forest_shows_the_estimates_as_text(associations, forests):
    fit = associations[
        (associations["cohort"] == "alpha")
        & (associations["signature"] == made.PRIMARY)
        & (associations["method"] == "zscore")
        & (associations["endpoint"] == "relapse")
        & (associations["model"] == "proliferation")
    ].iloc[0]
    assert estimate(fit["log_hr"], fit["ci_low"], fit["ci_high"]) in texts(forests["forest_relapse"].figure)


def test_forests_mark_simulated_data(forests):
    assert set(forests) == set(pooled_figures(made.ENDPOINTS))
    for name, drawing in forests.items():
        if "block" not in drawing.table:
            continue
        shown = "simulated" in set(drawing.table["block"])
        assert shown == any("SIMULATED" in text for text in texts(drawing.figure)), name


def test_overview_has_every_signature_once_per_block(associations, pooled):
    shared = {
        "endpoint": "relapse",
        "method": "zscore",
        "models": ("unadjusted",),
        "signatures": made.SIGNATURES,
    }
    table = overview_table(associations, pooled, made.ROLES, **shared)
    assert table.loc[table["block"] == "patients", "label"].tolist() == list(made.SIGNATURES)
    assert table.loc[table["block"] == "simulated", "label"].tolist() == list(made.SIGNATURES)
    # what simulated samples derive has no score in patients: no empty row among them
    first = made.SIGNATURES[0]
    renamed = [
        each.assign(signature=each["signature"].replace(first, "SIMULATED_X"))
        for each in (associations, pooled)
    ]
    names = ["SIMULATED_X", *made.SIGNATURES[1:]]
    table = overview_table(*renamed, made.ROLES, **shared | {"signatures": names})
    assert table.loc[table["block"] == "patients", "label"].tolist() == names[1:]
    assert table.loc[table["block"] == "simulated", "label"].tolist() == names


def test_an_endpoint_that_no_cohort_has_gives_words_not_an_empty_panel(associations, pooled, results):
    no_bone = associations[associations["cohort"] != "made"]
    drawn = plot_forests(
        no_bone, pooled, made.ROLES, made.config(endpoints=("bone",)), results, EVERY_GENE.empty()
    )
    assert drawn["forest_bone"].table.empty
    assert any("No cohort of this study" in text for text in texts(drawn["forest_bone"].figure))


def test_cohort_figures_are_complete_and_marked_where_simulated(cohorts, results):
    for name in ("gamma", "made"):
        cohort = cohorts[name]
        drawn = plot_cohort_figures(
            cohort.obs,
            cohort.quality,
            cohort.scores,
            cohort.associations,
            cohort.curves,
            results.of(name),
            endpoints=[*made.HAS[name], "brain"],
            platform="an array",
            simulated=made.ROLES[name] == "simulated",
            config=made.config(),
        )
        assert set(drawn) == {*cohort_figures(made.HAS[name]), *one_column_figures(made.HAS[name])}
        for narrow in one_column_figures(made.HAS[name]):
            assert round(25.4 * drawn[narrow].figure.get_figwidth(), 1) == style.ONE_COLUMN_MM
            assert set(drawn[narrow].table["signature"]) == {made.PRIMARY}
        for drawing in drawn.values():
            assert (style.SIMULATED_TEXT in texts(drawing.figure)) == (name == "made")


# neither tests of the groups nor medians
NO_NUMBERS = (GROUP_TESTS.empty(), CURVE_SUMMARY.empty())


def test_curves_carry_test_median_and_five_year_estimate(cohorts, results):
    cohort = cohorts["beta"]
    own = results.of("beta")
    tests, summary = (
        table[(table["endpoint"] == "death") & (table["method"] == "zscore")]
        for table in (own.group_tests, own.curve_summary)
    )
    rows = cohort.curves[
        (cohort.curves["endpoint"] == "death") & (cohort.curves["signature"] == made.PRIMARY)
    ]
    figure = plot_curves(
        rows, cohort.associations.head(0), tests, summary, [made.PRIMARY], endpoint="death", title="beta",
        simulated=False,
    )  # fmt: skip
    shown = texts(figure)
    assert any("log-rank p = 0.20, unadjusted" in text for text in shown)
    assert shown.count("0.61 (0.42 to 0.78)") == 3 and shown.count("72 (40 to NR)") == 3
    numbers = curve_numbers(rows, tests, summary)
    assert len(numbers) == len(rows) and list(numbers.columns[: len(rows.columns)]) == list(rows.columns)
    assert set(numbers["test_p"]) == {0.2} and set(numbers["median_months"]) == {71.5}
    assert set(numbers["at_60_low"]) == {0.42} and numbers["median_high"].isna().all()


def test_what_is_not_reached_is_said_so():
    nothing = dict.fromkeys(("median_months", "median_low", "median_high", "at_60_months", "at_60_low"))
    assert median_words(nothing) == "NR" and five_year_words(nothing) == "–"
    assert group_test_words(GROUP_TESTS.empty()) == "no test of the groups"


def test_curves_show_the_table(cohorts):
    cohort = cohorts["beta"]
    rows = cohort.curves[
        (cohort.curves["endpoint"] == "death") & (cohort.curves["signature"] == made.PRIMARY)
    ]
    figure = plot_curves(
        rows,
        cohort.associations.head(0),
        *NO_NUMBERS,
        [made.PRIMARY],
        endpoint="death",
        title="beta",
        simulated=False,
    )
    lines = {line.get_color(): line for line in figure.axes[0].get_lines()}
    for group, colour in style.TERTILE_COLOURS.items():
        curve = rows[rows["group"] == group].sort_values("time_months")
        time, share = lines[colour].get_xdata(), lines[colour].get_ydata()
        assert (time[0], share[0]) == (0, 1)
        assert list(time[1:]) == curve["time_months"].tolist()
        assert list(share[1:]) == curve["estimate"].tolist()
    shown = texts(figure)
    for group in style.TERTILE_COLOURS:
        curve = rows[rows["group"] == group]
        at_risk = numbers_at_risk(curve, month_ticks(rows["time_months"].max()))
        assert all(str(number) in shown for number in at_risk)
    events = int(rows.groupby("group")["n_events"].max().sum())
    assert f"n = 150, {events} events\nno test of the groups" in shown
    assert figure.axes[0].get_ylim() == (0, 1)


def test_incidence_starts_at_zero_and_axis_holds_its_interval(cohorts):
    cohort = cohorts["made"]
    rows = cohort.curves[(cohort.curves["endpoint"] == "bone") & (cohort.curves["signature"] == "IRF7")]
    figure = plot_curves(
        rows,
        cohort.associations.head(0),
        *NO_NUMBERS,
        ["IRF7"],
        endpoint="bone",
        title="made",
        simulated=True,
    )
    axes = figure.axes[0]
    assert all(line.get_ydata()[0] == 0 for line in axes.get_lines())
    assert axes.get_ylim()[1] >= rows["ci_high"].max()
    assert "incidence" in axes.get_ylabel()


def test_a_score_without_curve_says_why(cohorts):
    cohort = cohorts["gamma"]
    fits = cohort.associations[
        (cohort.associations["endpoint"] == "death")
        & (cohort.associations["method"] == "zscore")
        & (cohort.associations["model"] == "unadjusted")
    ]
    rows = cohort.curves[cohort.curves["signature"].isin(["IRF7", made.PROLIFERATION])]
    figure = plot_curves(
        rows,
        fits,
        *NO_NUMBERS,
        ["IRF7", made.PROLIFERATION],
        endpoint="death",
        title="gamma",
        simulated=False,
    )
    said = " ".join(text.replace("\n", " ") for text in texts(figure))
    assert "low coverage: 0 of 1 genes in the cohort" in said
    assert "overall survival" in said  # the first panel that is drawn carries the axis


def test_signatures_are_ordered_by_their_correlation_with_the_primary():
    base = np.arange(10.0)
    scores = pd.DataFrame({"b": -base, "a": base**2, "p": base, "c": base[::-1] ** 3})
    assert order_signatures(scores, "p") == ["p", "a", "b", "c"]  # b and c are both -1: by name
    assert order_signatures(scores, "absent") == ["a", "b", "c", "p"]


def test_scores_without_any_row_say_so():
    empty = pd.DataFrame(
        {name: pd.Series(dtype="object") for name in ("sample", "signature", "score_raw", "er")}
    )
    figure = plot_scores(empty, "p", title="x", method="zscore", simulated=False)
    assert any("No signature could be scored" in text for text in texts(figure))


def test_key_signatures_and_models():
    assert key_signatures("P", "Q", ["Q", "IRF7", "P"]) == ("P", "IRF7", "Q")
    assert key_signatures("IRF7", "Q", ["IRF7"]) == ("IRF7",)
    config = made.config()
    assert forest_models(config) == ("unadjusted", "proliferation")
    other = made.config(primary=config.primary.__class__(made.PRIMARY, "zscore", "death", "proliferation"))
    assert forest_models(other) == ("unadjusted", "proliferation")
    assert forest_models(made.config(models=("unadjusted",))) == ("unadjusted",)


def test_within_er_strata_a_model_is_drawn_once():
    both = ("unadjusted", "proliferation", "proliferation_er")
    for model, drawn in (
        ("proliferation_er", ("proliferation_er",)),
        ("proliferation", ("proliferation",)),
        ("unadjusted", ("unadjusted", "proliferation_er")),
    ):
        named = made.config().primary.__class__(made.PRIMARY, "zscore", "death", model)
        assert er_models(made.config(models=both, primary=named)) == drawn


def test_equal_tables_give_equal_bytes_with_fonts_inside(cohorts, tmp_path):
    cohort = cohorts["made"]
    rows = cohort.curves[cohort.curves["endpoint"] == "bone"]
    scores = cohort.scores[cohort.scores["method"] == "zscore"]
    scores = scores.assign(er=scores["sample"].map(cohort.obs["er"]))
    for attempt in ("first", "second"):
        curves = plot_curves(
            rows,
            cohort.associations.head(0),
            *NO_NUMBERS,
            ["IRF7"],
            endpoint="bone",
            title="made",
            simulated=True,
        )
        spread_out = plot_scores(scores, "IRF7", title="made", method="zscore", simulated=True)
        style.save_drawings({"curves": (curves, rows), "scores": (spread_out, scores)}, tmp_path / attempt)
    names = sorted(path.name for path in (tmp_path / "first").iterdir())
    assert names == [f"{name}.{kind}" for name in ("curves", "scores") for kind in ("pdf", "svg", "tsv")]
    for name in names:
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes(), name
    svg = (tmp_path / "first" / "curves.svg").read_text()
    assert "<text" not in svg and "<dc:date>" not in svg
    pdf = (tmp_path / "first" / "curves.pdf").read_bytes()
    assert b"/FontFile2" in pdf and b"CreationDate" not in pdf
    assert re.search(rb"/BaseFont /[A-Z]{6}\+DejaVuSans", pdf)
    written = pd.read_csv(tmp_path / "first" / "scores.tsv", sep="\t", float_precision="round_trip")
    assert written["score_raw"].tolist() == scores["score_raw"].tolist()


def test_figures_are_drawn_with_the_light_copies_of_matplotlibs_font():
    for weight in ("normal", "bold"):
        chosen = font_manager.findfont(font_manager.FontProperties(family="DejaVu Sans", weight=weight))
        light, shipped = TTFont(chosen), TTFont(Path(mpl.get_data_path(), "fonts", "ttf", Path(chosen).name))
        assert not {"GSUB", "GPOS", "GDEF"} & set(light.keys())
        assert light.getBestCmap() == shipped.getBestCmap()
        assert light["hmtx"].metrics == shipped["hmtx"].metrics

"""Which figures a study has and what each is drawn from; the only module of figures that scripts call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import ENDPOINT_WORDS
from irf7bone.figures import key_signatures
from irf7bone.figures.distributions import plot_scores
from irf7bone.figures.drawing import Drawing, forest_models
from irf7bone.figures.forest import plot_forest
from irf7bone.figures.forest_tables import forest_table, overview_table
from irf7bone.figures.largest_cohorts import LargestCohorts
from irf7bone.figures.plot_curves import plot_curves
from irf7bone.figures.plot_genes import drawn_numbers, plot_every_gene, shown_genes
from irf7bone.figures.plot_outcome import plot_cohort_outcome, plot_pooled_outcome
from irf7bone.figures.plot_sample_quality import plot_quality
from irf7bone.figures.style import shorten

if TYPE_CHECKING:
    from irf7bone.study.settings import Config
    from irf7bone.tables.study_tables import StudyTables

PLATFORM_LENGTH = 70  # characters of a platform's name that a title has room for


def plot_cohort_figures(
    obs: pd.DataFrame,
    quality: pd.DataFrame,
    scores: pd.DataFrame,
    associations: pd.DataFrame,
    curves: pd.DataFrame,
    results: StudyTables,
    *,
    endpoints: Sequence[str],
    platform: str | None,
    simulated: bool,
    config: Config,
) -> dict[str, Drawing]:
    """Draw everything that is about one cohort, for the primary method and model.

    Args:
        obs: The cohort's samples, index = sample id; ``er`` is used where there is such a column.
        quality: :data:`irf7bone.tables.cohort.QC`.
        scores: :data:`irf7bone.tables.cohort.SCORES`.
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS`.
        curves: :data:`irf7bone.tables.outcome.CURVES`.
        results: The cohort's tables that look deeper.
        endpoints: The cohort's endpoints, as its card has them; those of the config are drawn.
        platform: As the card states it; the figure of sample quality names it.
        simulated: Whether the cohort is simulated; then every figure says so.
        config: The study's settings.

    Returns:
        Drawings by the names of :func:`irf7bone.figures.cohort_figures` and
        :func:`irf7bone.figures.one_column_figures`.
    """
    primary = config.primary
    cohort = quality["cohort"].iloc[0]
    er = obs["er"].astype("object") if "er" in obs else pd.Series(None, index=obs.index, dtype="object")
    er.index = er.index.astype(str)
    measured = quality.assign(er=quality["sample"].map(er))
    kept = scores[(scores["method"] == primary.method) & (scores["status"] == "ok")]
    spread = kept[["sample", "signature", "method", "score_raw"]].assign(er=kept["sample"].map(er))
    title = f"{cohort}: sample quality" + (f" ({shorten(platform, PLATFORM_LENGTH)})" if platform else "")
    drawn = {
        "quality": Drawing(plot_quality(measured, title=title, simulated=simulated), measured),
        "scores": Drawing(
            plot_scores(
                spread,
                primary.signature,
                title=f"{cohort}: scores",
                method=primary.method,
                simulated=simulated,
            ),
            spread,
        ),
    }
    shown = key_signatures(primary.signature, config.proliferation_signature, config.signatures.select)
    asked = [name for name in endpoints if name in config.endpoints]
    for endpoint in asked:
        rows = curves[
            (curves["endpoint"] == endpoint)
            & (curves["method"] == primary.method)
            & curves["signature"].isin(list(shown))
        ]
        fits = associations[
            (associations["endpoint"] == endpoint)
            & (associations["method"] == primary.method)
            & (associations["model"] == forest_models(config)[0])
        ]
        tests, summary = (
            table[(table["endpoint"] == endpoint) & (table["method"] == primary.method)]
            for table in (results.group_tests, results.curve_summary)
        )
        for name, panels in (("curves", shown), ("curve", shown[:1])):
            figure = plot_curves(
                rows[rows["signature"].isin(panels)],
                fits,
                tests,
                summary,
                panels,
                endpoint=endpoint,
                title=f"{cohort}: {ENDPOINT_WORDS[endpoint]}",
                simulated=simulated,
            )
            numbers = curve_numbers(rows[rows["signature"].isin(panels)], tests, summary)
            drawn[f"{name}_{endpoint}"] = Drawing(figure, numbers)
    return drawn | plot_cohort_outcome(results, cohort, asked, simulated=simulated, config=config)


def curve_numbers(curves: pd.DataFrame, tests: pd.DataFrame, summary: pd.DataFrame) -> pd.DataFrame:
    """The curves drawn, each row with its score's test and its group's median and five-year estimate.

    Args:
        curves: :data:`irf7bone.tables.outcome.CURVES` of one cohort, endpoint and method.
        tests: :data:`irf7bone.tables.outcome_checks.GROUP_TESTS` of the same.
        summary: :data:`irf7bone.tables.outcome_checks.CURVE_SUMMARY` of the same.
    """
    key = ["cohort", "signature", "method", "endpoint"]
    tested = tests[[*key, "test", "p"]].rename(columns={"p": "test_p"})
    numbers = summary.drop(columns=["kind", "n", "n_events", "status", "reason"])
    return curves.merge(tested, on=key, how="left").merge(numbers, on=[*key, "group"], how="left")


def plot_forests(
    associations: pd.DataFrame,
    pooled: pd.DataFrame,
    roles: Mapping[str, str],
    config: Config,
    results: StudyTables,
    genes: pd.DataFrame,
) -> dict[str, Drawing]:
    """Draw what is over cohorts: forests of each endpoint, and what looks deeper.

    Args:
        associations: :data:`irf7bone.tables.outcome.ASSOCIATIONS` of every cohort.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        roles: Role of each cohort; simulated ones get a block of their own.
        config: The study's settings.
        results: Tables that look deeper, of every cohort and over cohorts.
        genes: :data:`irf7bone.tables.every_gene.EVERY_GENE`.

    Returns:
        Drawings by the names of :func:`irf7bone.figures.pooled_figures`.
    """
    largest = LargestCohorts.of(associations, roles)
    associations, results = largest.rows(associations), largest.tables(results)
    primary, models = config.primary, forest_models(config)
    key = key_signatures(primary.signature, config.proliferation_signature, config.signatures.select)
    by_what = f"({primary.method}){largest.words}"
    drawn = {}
    for endpoint in config.endpoints:
        shared: dict[str, Any] = {"endpoint": endpoint, "method": primary.method, "models": models}
        by_cohort = forest_table(associations, pooled, roles, signatures=key, **shared)
        overview = overview_table(associations, pooled, roles, signatures=config.signatures.select, **shared)
        said = ENDPOINT_WORDS[endpoint]
        words = {
            "title": f"{said.capitalize()}: hazard ratio per SD of the score {by_what}",
            "nothing": f"No cohort of this study has the endpoint {said}.",
        }
        drawn[f"forest_{endpoint}"] = Drawing(plot_forest(by_cohort, models, **words), by_cohort)
        drawn[f"overview_{endpoint}"] = Drawing(plot_forest(overview, models, **words), overview)
        rows = shown_genes(genes, endpoint)
        figure = plot_every_gene(
            rows,
            title=f"{said.capitalize()}: every gene",
            nothing=f"No cohort of patients of this study has estimates for {said}.",
        )
        drawn[f"genes_{endpoint}"] = Drawing(figure, drawn_numbers(rows))
    return drawn | plot_pooled_outcome(results, roles, config)

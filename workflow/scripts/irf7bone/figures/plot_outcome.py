"""Figures that look deeper, for the primary method: what each is drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.base.experiment_vocabulary import of_simulated
from irf7bone.base.phrases import ENDPOINT_WORDS, signature_name
from irf7bone.figures import key_signatures
from irf7bone.figures.drawing import Drawing, er_models, forest_models, null_models
from irf7bone.figures.forest import plot_forest
from irf7bone.figures.funnel import plot_funnel
from irf7bone.figures.outcome_panels import competing_table, er_table, subtype_table
from irf7bone.figures.plot_checks import plot_checks
from irf7bone.figures.plot_immune_link import plot_immune
from irf7bone.figures.plot_random_signatures import plot_null
from irf7bone.figures.plot_signature_quality import plot_signature_quality
from irf7bone.figures.plot_sites import plot_sites, sites_table
from irf7bone.figures.plot_specification import plot_specifications

if TYPE_CHECKING:
    from irf7bone.study.settings import Config, Primary
    from irf7bone.tables.study_tables import StudyTables


def plot_cohort_outcome(
    results: StudyTables, cohort: str, endpoints: Sequence[str], *, simulated: bool, config: Config
) -> dict[str, Drawing]:
    """Draw signature quality, and random signatures and model checks of each endpoint.

    Args:
        results: Tables of this cohort.
        cohort: Cohort id.
        endpoints: Those of the cohort that the config asks for.
        simulated: Marks the figures as not being about patients.
        config: The study's settings.

    Returns:
        Drawings by name: signature_quality, and null_<endpoint> and checks_<endpoint> for each endpoint.
    """
    quality = results.signature_quality
    if not simulated:
        quality = quality[~quality["signature"].map(of_simulated).astype(bool)].reset_index(drop=True)
    drawn = {
        "signature_quality": Drawing(plot_signature_quality(quality, simulated=simulated), quality),
    }
    for endpoint in endpoints:
        drawn[f"null_{endpoint}"] = _null(
            results.null,
            results.null_histogram,
            endpoint,
            title=f"{cohort}: random signatures, {ENDPOINT_WORDS[endpoint]} ({config.primary.method})",
            simulated=simulated,
            config=config,
        )
        rows = of_primary(results.checks, config.primary, endpoint)
        curves = of_primary(results.check_curves, config.primary, endpoint)
        figure = plot_checks(rows, curves, endpoint=endpoint, simulated=simulated)
        drawn[f"checks_{endpoint}"] = Drawing(figure, curves)
    return drawn


def plot_pooled_outcome(results: StudyTables, roles: Mapping[str, str], config: Config) -> dict[str, Drawing]:
    """Draw what compares cohorts, sites, strata and choices.

    Args:
        results: Tables of every cohort and over cohorts.
        roles: Role of each cohort, in the order of the config; simulated ones stand apart.
        config: The study's settings.

    Returns:
        Drawings by name: sites, competing, by_er, subtypes, specifications, immune, funnel, and
        null_<endpoint>.
    """
    primary, models = config.primary, forest_models(config)
    said = signature_name(primary.signature).replace("_", " ")
    sites = sites_table(
        results.sites, roles, signature=primary.signature, method=primary.method, models=models
    )
    rivals = competing_table(results.competing, roles, signature=primary.signature, models=models)
    strata = er_table(
        results.by_er,
        results.pooled_by_er,
        roles,
        signature=primary.signature,
        endpoints=config.endpoints,
        models=er_models(config),
    )
    subtypes = subtype_table(
        results.subtypes,
        results.pooled_subtypes,
        roles,
        signature=primary.signature,
        endpoints=config.endpoints,
        models=models,
    )
    of_signature = results.immune[results.immune["signature"] == primary.signature]
    points = of_primary(results.funnel, primary, primary.endpoint)
    asymmetry = of_primary(results.asymmetry, primary, primary.endpoint).iloc[0]
    drawn = {
        "sites": Drawing(
            plot_sites(sites, models, signature=primary.signature, method=primary.method), sites
        ),
        "competing": Drawing(
            plot_forest(
                rivals,
                models,
                title=f"Two hazards where events compete: {said} ({primary.method})",
                nothing="No cohort of this study has an endpoint with competing events.",
            ),
            rivals,
        ),
        "by_er": Drawing(
            plot_forest(
                strata,
                er_models(config),
                title=f"By ER status: {said} ({primary.method})",
                nothing="No cohort of this study records ER status and one of its endpoints.",
            ),
            strata,
        ),
        "subtypes": Drawing(
            plot_forest(
                subtypes,
                models,
                title=f"By subtype: {said} ({primary.method})",
                nothing="No card of this study records HER2, all three receptors, or a subtype.",
            ),
            subtypes,
        ),
        "specifications": Drawing(
            plot_specifications(
                results.specifications,
                results.specification_summary,
                title=f"Every choice of signature, method and model: {ENDPOINT_WORDS[primary.endpoint]}",
            ),
            results.specifications,
        ),
        "immune": Drawing(
            plot_immune(results.immune, results.immune_pooled, roles, primary.signature), of_signature
        ),
        "funnel": Drawing(
            plot_funnel(points, asymmetry, title=f"Funnel plot, {ENDPOINT_WORDS[primary.endpoint]}"), points
        ),
    }
    for endpoint in config.endpoints:
        drawn[f"null_{endpoint}"] = _null(
            results.pooled_null,
            results.pooled_null_histogram,
            endpoint,
            title=f"Pooled over patients: random signatures, {ENDPOINT_WORDS[endpoint]} ({primary.method})",
            simulated=False,
            config=config,
        )
    return drawn


def of_primary(table: pd.DataFrame, primary: Primary, endpoint: str) -> pd.DataFrame:
    """The rows of the primary signature, method and model for an endpoint."""
    return table[
        (table["signature"] == primary.signature)
        & (table["method"] == primary.method)
        & (table["endpoint"] == endpoint)
        & (table["model"] == primary.model)
    ]


def _null(
    null: pd.DataFrame,
    histogram: pd.DataFrame,
    endpoint: str,
    *,
    title: str,
    simulated: bool,
    config: Config,
) -> Drawing:
    """The key signatures among random ones, for one endpoint."""
    models = null_models(config)
    key = key_signatures(config.primary.signature, config.proliferation_signature, config.signatures.select)
    rows, bins = (
        table[
            (table["method"] == config.primary.method)
            & (table["endpoint"] == endpoint)
            & table["model"].isin(list(models))
            & table["signature"].isin(list(key))
        ]
        for table in (null, histogram)
    )
    rows = rows.sort_values("signature", key=lambda names: names.map(key.index), kind="stable")
    reasons = rows["reason"].dropna().unique()
    nothing = f"No random signatures: {'; '.join(reasons)}."
    figure = plot_null(rows, bins, models, title=title, nothing=nothing, simulated=simulated)
    return Drawing(figure, rows)

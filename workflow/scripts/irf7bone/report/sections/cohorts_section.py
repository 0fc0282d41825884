"""Cohorts, their scores and their curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from irf7bone.base.phrases import ENDPOINT_WORDS, MODEL_WORDS, capital, is_missing, said_ratio
from irf7bone.figures import cohort_figures
from irf7bone.figures.drawing import forest_models
from irf7bone.report.html import table_markup
from irf7bone.report.html.figure_markup import FigureView, figure_id, read_figure
from irf7bone.report.html.section import Finding, Section, chosen, marked, not_drawn, one_row
from irf7bone.report.inputs import read_numbers
from irf7bone.report.sentences import captions, text
from irf7bone.report.sentences.quote import quote

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs


def cohorts_section(inputs: ReportInputs) -> Section:
    """Patient flow, endpoints in words and follow-up of each cohort."""
    return Section(
        "cohorts",
        "Cohorts",
        "Cohorts",
        tables=(table_markup.cohorts_view(inputs.cohorts, inputs.simulated),),
        template="cohorts.html.j2",
        data={"cohorts": [_cohort(inputs, name) for name in inputs.cards]},
    )


def scores_section(inputs: ReportInputs) -> Section:
    """Distributions of the scores, and how much of each signature a cohort has."""
    figures = [_scores(inputs, name) for name in inputs.cards if name in inputs.drawn]
    coverage = table_markup.coverage_view(inputs.coverage, inputs.simulated)
    return Section("scores", "Scores", "Scores", not_drawn(inputs), figures, (coverage,))


def curves_section(inputs: ReportInputs) -> Section:
    """Curves of each cohort by tertile of the score."""
    figures, without = [], []
    for name in inputs.cards:
        endpoints = _endpoints(inputs, name)
        if not endpoints:
            without.append(Finding(f"{name} has none of this study's endpoints, so there are no curves."))
        if name in inputs.drawn:
            figures += [_curves(inputs, name, endpoint) for endpoint in endpoints]
    return Section("curves", "Curves", "Survival and incidence", [*not_drawn(inputs), *without], figures)


def _cohort(inputs: ReportInputs, name: str) -> dict[str, Any]:
    """What the page says of one cohort."""
    card = inputs.cards[name]
    rows = inputs.cohorts[inputs.cohorts["cohort"] == name]
    work = inputs.works.of_card(card)
    return {
        "card": card,
        "simulated": name in inputs.simulated,
        "reference": work.text if work else "",
        "endpoints": [
            {
                "name": ENDPOINT_WORDS[row["endpoint"]],
                "definition": row["definition"],
                "said": _endpoint_sentence(row),
            }
            for row in rows[rows["endpoint"].notna()].to_dict("records")
        ],
        "remarks": [capital(said) for said in str(rows["remarks"].dropna().iloc[0]).split("; ")]
        if rows["remarks"].notna().any()
        else [],
        "flow": [
            {**row, "said": quote(f"{int(row['n_left']):,}", "flow", row, "n_left")}
            for row in inputs.flow[inputs.flow["cohort"] == name].sort_values("step").to_dict("records")
        ],
        "quality": _quality(inputs, name) if name in inputs.drawn else None,
        "results": _results(inputs, name),
        "figures": _figure_links(inputs, name),
    }


def _results(inputs: ReportInputs, name: str) -> list[str]:
    """The primary signature and method in this cohort: a sentence for each endpoint and model shown."""
    config = inputs.config
    own = {"cohort": name, "signature": config.primary.signature, "method": config.primary.method}
    said = []
    for endpoint in _endpoints(inputs, name):
        for model in forest_models(config):
            row = one_row(inputs.associations, endpoint=endpoint, model=model, **own)
            assert row is not None  # every planned result has a row
            fit = text.fit_sentence(row)
            said.append(f"{capital(ENDPOINT_WORDS[endpoint])}, {MODEL_WORDS[model]}: {fit}.")
    return said + [_beside_cox(row) for row in chosen(inputs.results.sampled, **own).to_dict("records")]


def _beside_cox(row: Mapping[str, Any]) -> str:
    """A model beside the Cox model of a cohort whose patients were chosen by the endpoint."""
    horizon, where = f"{row['horizon_months']:g} months", "weighted back to the population"
    what = f"by {horizon}, odds" if row["question"] == "by_horizon" else f"to {horizon}, hazards {where}"
    said = f"{capital(ENDPOINT_WORDS[row['endpoint']])} {what}, {MODEL_WORDS[row['model']]}"
    if row["status"] != "ok":
        return f"{said}: {row['reason']}."
    ratios = [said_ratio(np.exp(row[name])) for name in ("estimate", "ci_low", "ci_high")]
    return f"{said}: {ratios[0]} ({ratios[1]} to {ratios[2]}) per SD of the score."


def _figure_links(inputs: ReportInputs, name: str) -> list[tuple[str, str]]:
    """Address and words of the cohort's figures, further down or as files of the run."""
    words = {"signature_quality": "signature quality", "null": "random signatures", "checks": "model checks"}
    found = []
    for figure in cohort_figures(_endpoints(inputs, name)):
        kind, _, endpoint = figure.partition("_") if figure not in words else (figure, "", "")
        drawn = name in inputs.drawn
        if kind != "quality" or not drawn:
            said = words.get(kind, kind)
            address = f"#{figure_id(f'{name}/{figure}')}" if drawn else f"../figures/{name}/{figure}.svg"
            found.append((address, f"{said} ({ENDPOINT_WORDS[endpoint]})" if endpoint else said))
    return found


def _endpoints(inputs: ReportInputs, name: str) -> list[str]:
    rows = inputs.cohorts[inputs.cohorts["cohort"] == name]
    return rows.loc[rows["endpoint"].isin(list(inputs.config.endpoints)), "endpoint"].tolist()


def _quality(inputs: ReportInputs, name: str) -> FigureView:
    simulated = name in inputs.simulated
    quality = inputs.quality[inputs.quality["cohort"] == name]
    return read_figure(
        inputs.figures,
        f"{name}/quality",
        title=f"{name}: sample quality",
        alt=captions.quality_alt(name, quality),
        caption=marked(captions.quality_caption(name, quality), simulated),
        simulated=simulated,
    )


def _scores(inputs: ReportInputs, name: str) -> FigureView:
    simulated = name in inputs.simulated
    scores = read_numbers(inputs, f"{name}/scores")
    coverage = inputs.coverage[inputs.coverage["cohort"] == name]
    return read_figure(
        inputs.figures,
        f"{name}/scores",
        title=f"{name}: scores",
        alt=captions.scores_alt(name, scores, inputs.config.primary.signature),
        caption=marked(captions.scores_caption(name, scores, coverage), simulated),
        simulated=simulated,
    )


def _endpoint_sentence(row: Mapping[str, Any]) -> str:
    def number(column: str, noun: str) -> str:
        return text.quoted_count(row, column, noun, table="cohorts")

    competing = number("n_competing", "competing event") if int(row["n_competing"]) else "none competing"
    follow_up = text.months(row["median_followup_months"])
    if not is_missing(row["median_followup_months"]):
        follow_up = quote(follow_up, "cohorts", row, "median_followup_months")
    said = (
        f"{number('n_endpoint', 'sample')}, {number('n_events', 'event')}, {competing}; "
        f"median follow-up {follow_up}"
    )
    if is_missing(row["sampled_by_outcome"]):
        return said
    return (
        f"{said}. Patients were chosen by this endpoint ({row['sampled_by_outcome']}): a test of no "
        "association stays valid, the size of the hazard ratio is not that of a population"
    )


def _curves(inputs: ReportInputs, name: str, endpoint: str) -> FigureView:
    config, simulated = inputs.config, name in inputs.simulated
    curves = read_numbers(inputs, f"{name}/curves_{endpoint}")
    rows = inputs.associations
    fits = rows[
        (rows["cohort"] == name)
        & (rows["endpoint"] == endpoint)
        & (rows["method"] == config.primary.method)
        & (rows["model"] == forest_models(config)[0])
    ]
    endpoints = chosen(inputs.cohorts, cohort=name, endpoint=endpoint)
    caption = captions.curves_caption(
        name, endpoint, curves, fits, inputs.shown, sampled=endpoints["sampled_by_outcome"].notna().any()
    )
    return read_figure(
        inputs.figures,
        f"{name}/curves_{endpoint}",
        title=f"{name}: {ENDPOINT_WORDS[endpoint]}",
        alt=captions.curves_alt(name, endpoint, fits, inputs.shown),
        caption=marked(caption, simulated),
        simulated=simulated,
    )

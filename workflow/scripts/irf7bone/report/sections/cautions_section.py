"""Warnings beside results whose kind erred in the simulations of ``make calibrate``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import is_missing, listed
from irf7bone.report.html.section import Finding, Section, chosen
from irf7bone.report.sentences.calibration_warnings import caution, pooled_caution
from irf7bone.tables.outcome import AMONG_RELAPSED, DIFFERENCE
from irf7bone.tables.outcome_checks import SPLIT_CHANGE

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

# what a warning is about: cohort, method, model, events, and whether p values or intervals were simulated
_Looked = tuple[str, str, str, int, str]
_TEST, _INTERVAL = "type_i_error", "coverage"


def with_cautions(section: Section, inputs: ReportInputs) -> Section:
    """The section with a sentence for each kind of its primary results that erred in simulations.

    Args:
        section: Any section of the page.
        inputs: All that the report is made from.
    """
    said = [*_by_cohort(section.id, inputs), *_pooled(section.id, inputs)]
    if not said:
        return section
    if "bearing" in section.data:
        bearing = [*section.data["bearing"], *(("In simulations", sentence) for sentence in said)]
        return replace(section, data={**section.data, "bearing": bearing})
    return replace(section, findings=[*section.findings, *map(Finding, said)])


def _by_cohort(section: str, inputs: ReportInputs) -> list[str]:
    """Warnings about results of single cohorts, each with the cohorts that it concerns."""
    cohorts: dict[str, list[str]] = {}
    for cohort, method, model, n_events, quantity in _LOOKED.get(section, _nothing)(inputs):
        sentence = caution(inputs.calibration, method, model, n_events, quantity)
        if sentence and cohort not in cohorts.setdefault(sentence, []):
            cohorts[sentence].append(cohort)
    return [f"In {listed(names)}, {sentence}." for sentence, names in cohorts.items()]


def _pooled(section: str, inputs: ReportInputs) -> list[str]:
    """Warnings about the pooled primary result; of the Knapp-Hartung pool, which decides nothing, as well."""
    if section != "heterogeneity":
        return []
    rows = chosen(inputs.pooled, **vars(inputs.config.primary))
    if rows.empty or not rows["k"].iloc[0] >= 2:
        return []
    k = int(rows["k"].iloc[0])
    asked = [("pooled_p", _TEST), ("pooled_interval", _INTERVAL), ("tau2_interval", _INTERVAL)]
    if k >= 3:
        asked.append(("prediction_interval", _INTERVAL))
    found = [pooled_caution(inputs.calibration, method, k, quantity) for method, quantity in asked]
    return [f"Over the cohorts: {sentence}." for sentence in found if sentence]


def _nothing(_: ReportInputs) -> Iterator[_Looked]:
    yield from ()


def _ok(table: pd.DataFrame, inputs: ReportInputs, **more: object) -> list[Mapping[str, Any]]:
    """Rows of the primary signature and method that have a result."""
    primary = inputs.config.primary
    rows = chosen(table, signature=primary.signature, method=primary.method, status="ok", **more)
    return rows.to_dict("records")


def _associations(inputs: ReportInputs) -> Iterator[_Looked]:
    primary = inputs.config.primary
    for row in _ok(inputs.associations, inputs, endpoint=primary.endpoint, model=primary.model):
        if row["cohort"] not in inputs.simulated:
            about = row["cohort"], row["estimator"], row["model"], int(row["n_events"])
            yield *about, _TEST
            yield *about, _INTERVAL
            if not is_missing(row["ph_p"]):
                yield about[0], "proportional_hazards", *about[2:], _TEST


def _sites(inputs: ReportInputs) -> Iterator[_Looked]:
    model = inputs.config.primary.model
    for row in _ok(inputs.results.competing, inputs, model=model, estimand="subdistribution"):
        about = row["cohort"], row["estimator"], model, int(row["n_events"])
        yield *about, _TEST
        yield *about, _INTERVAL
    for row in _ok(inputs.results.sites, inputs, model=model):
        if row["contrast"] == DIFFERENCE:
            yield row["cohort"], f"site_ratio_{row['estimator']}", model, int(row["n_events"]), _TEST
        elif row["contrast"] == AMONG_RELAPSED:
            yield row["cohort"], row["estimator"], model, int(row["n_events"]), _TEST
    for row in _ok(inputs.results.group_tests, inputs):
        yield row["cohort"], row["test"], "none", int(row["n_events"]), _TEST


def _checks(inputs: ReportInputs) -> Iterator[_Looked]:
    model = inputs.config.primary.model
    for row in _ok(inputs.results.checks, inputs, model=model):
        kind = {SPLIT_CHANGE: "five_year_change", "linearity": "linearity"}.get(row["check"])
        if kind:
            yield row["cohort"], f"{kind}_{row['estimator']}", model, int(row["n_events"]), _TEST
    for row in _ok(inputs.results.discrimination, inputs):
        yield row["cohort"], row["measure"], "none", int(row["n_events"]), _INTERVAL


def _er(inputs: ReportInputs) -> Iterator[_Looked]:
    primary = inputs.config.primary
    rows = _ok(inputs.results.by_er, inputs, endpoint=primary.endpoint, model=primary.model)
    for row in rows:
        yield row["cohort"], row["estimator"], row["model"], int(row["n_events"]), _TEST
    for cohort in dict.fromkeys(row["cohort"] for row in rows):
        own = [int(row["n_events"]) for row in rows if row["cohort"] == cohort]
        if len(own) == 2:
            yield cohort, "er_interaction", primary.model, sum(own), _TEST


_LOOKED: dict[str, Callable[[ReportInputs], Iterator[_Looked]]] = {
    "verdict": _associations,
    "sites": _sites,
    "by_er": _er,
    "checks": _checks,
}

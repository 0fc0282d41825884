"""The first screen beside the verdict: what was asked, what was answered, and which curve stands there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import ENDPOINT_WORDS, SURVIVAL_WORDS, is_missing, listed, names_in, p_clause
from irf7bone.report.html.figure_markup import figure_id
from irf7bone.report.html.section import chosen, patients_first
from irf7bone.report.sections.first_forest import heaviest_cohort, not_judged_words
from irf7bone.report.sections.random_signatures_section import percent
from irf7bone.report.sentences.quote import quote
from irf7bone.report.sentences.strengths import weighed
from irf7bone.tables.outcome_checks import SPLIT_MONTHS
from irf7bone.verdict.rules import NOT_EVERY_COHORT, SAMPLED_BY_OUTCOME, code_words

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

BONE = "bone"
TERTILES = ("low", "middle", "high")
TEST_WORDS = {"logrank": "Log-rank test", "gray": "Gray's test"}


@dataclass(frozen=True)
class CurveChoice:
    """A cohort's curves of the primary score that the first screen can show.

    Args:
        key: Its key among the curves of :func:`irf7bone.report.sections.explore_section.step_curves`.
        label: Cohort and endpoint in words.
        figure: Id of the figure that holds its test, medians and other signatures.
        said: The test and the estimates at five years, here and where their order differs; empty where there
            are none.
        simulated: Whether its patients are made up.
    """

    key: str
    label: str
    figure: str
    said: str
    simulated: bool


def no_bone(inputs: ReportInputs) -> str:
    """What the first line says where no cohort of patients records bone metastasis; else nothing."""
    rows = chosen(inputs.cohorts, endpoint=BONE)
    if (~rows["cohort"].isin(inputs.simulated)).any():
        return ""
    return "No cohort of patients in this study records bone metastasis."


def reservations(
    verdict: Mapping[str, Any],
    sampled: Collection[str] = (),
    weights: Mapping[str, float] = MappingProxyType({}),
    lacking: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Kind and words of each code of a verdict: those that withhold the word first.

    Args:
        verdict: A row of :data:`irf7bone.tables.verdict.VERDICT`.
        sampled: Cohorts whose patients were chosen by its endpoint.
        weights: Cohort -> its share in the pooled estimate.
        lacking: Cohorts that are not judged.
    """
    behind = names_in(verdict.get("cohorts"))
    named = {
        SAMPLED_BY_OUTCOME: [weighed(cohort, weights) for cohort in behind if cohort in sampled],
        NOT_EVERY_COHORT: lacking,
    }
    return [
        (kind, code_words(code, named))
        for kind, column in (("withheld", "hard"), ("reservation", "soft"))
        for code in names_in(verdict[column])
    ]


def curve_choices(inputs: ReportInputs) -> list[CurveChoice]:
    """Curves of the primary score in every cohort and endpoint, the one to open with first.

    That is the primary endpoint in the cohort of patients with the largest weight in the pooled estimate
    among those that were not sampled by outcome; where there is none, the first that has curves.
    """
    primary = inputs.config.primary
    rows = chosen(inputs.curves, signature=primary.signature, method=primary.method)
    there = set(zip(rows["cohort"], rows["endpoint"], strict=True))
    order = patients_first(list(inputs.cards), inputs.simulated)
    pairs = [
        (cohort, endpoint)
        for endpoint in sorted(inputs.config.endpoints, key=lambda name: name != primary.endpoint)
        for cohort in order
        if (cohort, endpoint) in there
    ]
    first = (heaviest_cohort(inputs), primary.endpoint)
    pairs.sort(key=lambda pair: (pair != first, pair[0] in inputs.simulated))
    return [_choice(inputs, cohort, endpoint) for cohort, endpoint in pairs]


def _choice(inputs: ReportInputs, cohort: str, endpoint: str) -> CurveChoice:
    primary = inputs.config.primary
    kinds = chosen(inputs.curves, cohort=cohort, endpoint=endpoint)["kind"]
    what = (
        f"cumulative incidence of {ENDPOINT_WORDS[endpoint]}"
        if kinds.iloc[0] == "cumulative_incidence"
        else SURVIVAL_WORDS[endpoint]
    )
    return CurveChoice(
        key="/".join((cohort, primary.signature, endpoint)),
        label=f"{cohort}: {what}",
        figure=figure_id(f"{cohort}/curves_{endpoint}") if cohort in inputs.drawn else f"cohort-{cohort}",
        said=_tertiles_said(inputs, cohort, endpoint),
        simulated=cohort in inputs.simulated,
    )


def _tertiles_said(inputs: ReportInputs, cohort: str, endpoint: str) -> str:
    """The test of a cohort's curves, their heights at five years, and cohorts that order them otherwise."""
    own = _at_five_years(inputs, cohort, endpoint)
    tests = chosen(
        inputs.results.group_tests, cohort=cohort, endpoint=endpoint, status="ok", **_score(inputs)
    )
    parts = []
    if len(tests):
        test = tests.iloc[0]
        parts.append(f"{TEST_WORDS[test['test']]}, {quote(p_clause(test['p']), 'group_tests', test, 'p')}.")
    if own:
        endpoints = chosen(inputs.cohorts, endpoint=endpoint)
        sampled = set(endpoints.loc[endpoints["sampled_by_outcome"].notna(), "cohort"])
        said = f"At {SPLIT_MONTHS // 12} years: {_heights(own)}."
        if cohort in sampled:
            said += " Patients were chosen by this outcome: these are not the levels of a population."
        others = [
            name
            for name in inputs.cards
            if name != cohort and name not in inputs.simulated and cohort not in inputs.simulated
        ]
        for name in others:
            there = _at_five_years(inputs, name, endpoint)
            if there and _discordant(own, there):
                heights = _ranks(there) if name in sampled else _heights(there)
                said += f" In {name} the order differs: {heights}."
        parts.append(said)
    return " ".join(parts)


def _score(inputs: ReportInputs) -> dict[str, str]:
    primary = inputs.config.primary
    return {"signature": primary.signature, "method": primary.method}


def _at_five_years(inputs: ReportInputs, cohort: str, endpoint: str) -> dict[str, Mapping[str, Any]]:
    """Tertile -> row of :data:`irf7bone.tables.outcome_checks.CURVE_SUMMARY`; empty where one is unknown."""
    rows = chosen(
        inputs.results.curve_summary, cohort=cohort, endpoint=endpoint, status="ok", **_score(inputs)
    )
    found = {row["group"]: row for row in rows.to_dict("records") if not is_missing(row["at_60_months"])}
    return {name: found[name] for name in TERTILES} if set(found) == set(TERTILES) else {}


def _discordant(own: Mapping[str, Mapping[str, Any]], there: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether two tertiles stand in another order there than here, in the whole per cent that are shown."""
    here, other = ([round(100 * rows[name]["at_60_months"]) for name in TERTILES] for rows in (own, there))
    return any(
        (here[i] - here[j]) * (other[i] - other[j]) < 0 for i, j in combinations(range(len(TERTILES)), 2)
    )


def _ranks(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """The order alone, where the levels are not those of a population."""
    return ", then ".join(sorted(rows, key=lambda name: -float(rows[name]["at_60_months"])))


def _heights(rows: Mapping[str, Mapping[str, Any]]) -> str:
    said = [
        f"{name} {quote(percent(row['at_60_months']), 'curve_summary', row, 'at_60_months')}"
        for name, row in rows.items()
    ]
    return ", ".join(said)


def status_lines(inputs: ReportInputs) -> list[tuple[str, str]]:
    """What was asked and what could be answered: a heading and words each."""
    primary = inputs.config.primary
    answered = inputs.verdict[inputs.verdict["k"] > 0]["endpoint"]
    without = inputs.verdict[inputs.verdict["k"] == 0]["endpoint"]
    said = [("Asked", f"{ENDPOINT_WORDS[primary.endpoint]}, the primary endpoint, named before the run")]
    words = listed([ENDPOINT_WORDS[name] for name in answered])
    there = set(inputs.cohorts.loc[~inputs.cohorts["cohort"].isin(inputs.simulated), "endpoint"])
    for why, names in (
        ("no cohort with every model", [name for name in without if name in there]),
        ("no patient data", [name for name in without if name not in there]),
    ):
        if names:
            words += f"; {why}: {listed([ENDPOINT_WORDS[name] for name in names])}"
    said.append(("Answerable", words))
    left_out = not_judged_words(inputs)
    if left_out:
        said.append(("Not judged", left_out))
    if inputs.failed:
        named = "; ".join(f"{name} ({why})" for name, why in inputs.failed.items())
        whole = len(inputs.failed) + len(inputs.cards)
        said.append(("Failed", f"{len(inputs.failed)} of {whole} cohorts, not in these results: {named}"))
    return said

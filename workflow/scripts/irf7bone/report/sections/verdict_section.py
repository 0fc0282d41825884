"""The first screen: the question, the verdict with its rule, the numbers behind it and what bears on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.base.phrases import MODEL_WORDS, is_missing, listed, names_in, said_ratio
from irf7bone.report.html import table_markup as tables
from irf7bone.report.html.section import Section, chosen, one_row, outcome
from irf7bone.report.html.verdict_tables import exploratory_view, fragility_view, verdict_models_view
from irf7bone.report.sections.cells_section import tumour_cells_answer
from irf7bone.report.sections.first_forest import (
    cohorts_alone,
    cohorts_not_judged,
    first_forest,
    pooled_weights,
)
from irf7bone.report.sections.first_screen import (
    curve_choices,
    no_bone,
    reservations,
    status_lines,
)
from irf7bone.report.sentences import strengths, text
from irf7bone.report.sentences.quote import quote
from irf7bone.verdict.evidence import CLAIM
from irf7bone.verdict.judge import headline, rules_table, simulated_check
from irf7bone.verdict.like_this import TAU
from irf7bone.verdict.sentences import probability

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.settings import Config


@dataclass(frozen=True)
class Fact:
    """One number of the first screen."""

    label: str
    value: str
    detail: str


def verdict_section(inputs: ReportInputs) -> Section:
    """The verdict of the primary analysis, and of every endpoint."""
    config = inputs.config
    primary = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    apart = [*inputs.simulated, *cohorts_alone(inputs)]
    real = inputs.associations[~inputs.associations["cohort"].isin(apart)]
    sound = inputs.quality[~inputs.quality["cohort"].isin(inputs.simulated)]
    planted = planted_effects(inputs.cards, config)
    named = vars(config.primary)
    by_outcome = chosen(inputs.cohorts, endpoint=config.primary.endpoint)
    by_outcome = by_outcome[by_outcome["sampled_by_outcome"].notna()]
    weights = pooled_weights(inputs)
    return Section(
        "verdict",
        "Verdict",
        "Verdict",
        tables=(
            tables.verdict_view(inputs.verdict),
            verdict_models_view(inputs.results.verdict_models, primary["endpoint"], primary["signature"]),
            fragility_view(inputs.results.fragility, primary["signature"]),
            exploratory_view(inputs.results.exploratory),
        ),
        template="verdict.html.j2",
        data={
            "question": text.question(config),
            "verdict": primary,
            "headline": headline(inputs.verdict),
            "no_bone": no_bone(inputs),
            "reservations": reservations(
                primary, set(by_outcome["cohort"]), weights, list(cohorts_not_judged(inputs))
            ),
            "status": status_lines(inputs),
            "curves": curve_choices(inputs),
            "forest_title": f"{outcome(primary['endpoint'])}: {MODEL_WORDS[config.primary.model]}",
            "made_up": simulated_note(list(inputs.cards), inputs.simulated),
            "facts": first_facts(primary, inputs.results.site_contrast),
            "chances": chance_sentences(inputs.results.chances, config.primary.endpoint),
            "forest": first_forest(inputs),
            "bearing": [
                *_of_these_cohorts(inputs, weights),
                *text.bearing(
                    inputs.verdict,
                    inputs.pooled,
                    real,
                    sound,
                    inputs.results.duplicates,
                    config,
                    dict(zip(by_outcome["cohort"], by_outcome["sampled_by_outcome"], strict=True)),
                    strengths.straight_line(
                        chosen(inputs.results.checks, **named), chosen(real, **named), weights
                    ),
                ),
                *tumour_cells_answer(inputs),
            ],
            "simulated_check": text.simulated_sentences(
                simulated_check(inputs.associations, planted, config=config)
            ),
            "rules": rules_table().to_dict("records"),
        },
    )


def _of_these_cohorts(inputs: ReportInputs, weights: Mapping[str, float]) -> list[tuple[str, str]]:
    """Whether these cohorts could have answered, and how ER entered: a heading and a sentence each."""
    primary = inputs.config.primary
    claim = chosen(
        inputs.results.claim_models, model=CLAIM, signature=primary.signature, endpoint=primary.endpoint
    )
    verdict = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    behind = names_in(verdict["cohorts"])
    kinds = {row["cohort"]: row["er"] for row in claim.to_dict("records") if row["cohort"] in behind}
    pooled = one_row(inputs.pooled, **vars(primary))
    return [
        (
            "Could these cohorts have answered?",
            strengths.answerable(inputs.results.chances, pooled, inputs.config),
        ),
        ("How is ER adjusted for?", strengths.er_answer(kinds, weights)),
    ]


def simulated_note(cohorts: Sequence[str], simulated: Collection[str]) -> str:
    """What of the input is simulated; nothing where nothing is."""
    made = [name for name in cohorts if name in simulated]
    if not made:
        return ""
    if len(made) == len(cohorts):
        return "Every cohort of this run is simulated: nothing in this report is about patients."
    are = "is" if len(made) == 1 else "are"
    return (
        f"{len(made)} of {len(cohorts)} cohorts {are} simulated ({listed(made)}): not patients, marked "
        "wherever shown, in no pooled value and no verdict."
    )


def planted_effects(cards: Mapping[str, CohortCard], config: Config) -> dict[str, dict[str, float]]:
    """Planted log hazard ratio of bone metastasis by simulated cohort, where the primary signature has it."""
    return {
        name: {"bone": float(card.expression["log_hr"])}
        for name, card in cards.items()
        if card.role == "simulated" and card.expression["signature"] == config.primary.signature
    }


def first_facts(verdict: pd.Series, site_contrast: pd.DataFrame) -> list[Fact]:
    """The numbers of the first screen: the effect, in a further cohort, beyond random signatures.

    Args:
        verdict: The primary row of :data:`irf7bone.tables.verdict.VERDICT`.
        site_contrast: :data:`irf7bone.tables.verdict.SITE_CONTRAST`; told where the endpoint is bone.
    """
    n, k, events = (
        text.quoted_count(verdict, column, noun, table="verdict")
        for column, noun in (("n", "tumour"), ("k", "cohort"), ("n_events", "event"))
    )
    effect = _ratios(verdict, "hr", "hr_low", "hr_high")
    beyond = _ratios(verdict, "random_hr", "random_low", "random_high")
    facts = [
        Fact("Hazard ratio per SD", "no estimate", "no cohort of patients gives every model")
        if effect is None
        else Fact("Hazard ratio per SD (95 %)", effect, f"given proliferation and ER; {k}, {events}"),
        _further(verdict),
        Fact("Beyond random signatures", "no estimate", "not compared with them")
        if beyond is None
        else Fact("Beyond random signatures", beyond, "HR adjusted for their mean score"),
        Fact("Data", events, f"{n}, {k} of patients")
        if verdict["k"] > 0
        else Fact("Data", "none", "no cohort of patients gives every model"),
    ]
    if verdict["endpoint"] == "bone":
        facts.append(_site(site_contrast, verdict["signature"]))
    return facts


def chance_sentences(chances: pd.DataFrame, endpoint: str) -> list[str]:
    """What studies with these cohorts and errors would say, were there no effect and were there one.

    Args:
        chances: :data:`irf7bone.tables.verdict.CHANCES`.
        endpoint: The primary endpoint.
    """
    said = []
    for true_hr, rows in chances[chances["endpoint"] == endpoint].groupby("true_hr", sort=False):
        likely = rows[rows["share"] >= 0.005].sort_values("share", ascending=False, kind="stable")
        words = listed(
            [
                f"{word} in {100 * share:.0f} %"
                for word, share in zip(likely["verdict"], likely["share"], strict=True)
            ]
        )
        if_so = "With no effect" if true_hr == 1 else f"With a hazard ratio of {true_hr:g}"
        said.append(f"{if_so}, the verdict of a study with these cohorts is: {words}.")
    if said:
        studies = int(chances["n_studies"].iloc[0])
        said.append(
            f"Simulated in this run: {studies:,} studies each with these cohorts and standard errors, true "
            "effects that "
            f"differ between cohorts with a standard deviation of {TAU:g}, all assumptions met."
        )
    return said


def _ratios(verdict: pd.Series, *columns: str) -> str | None:
    if is_missing(verdict[columns[0]]):
        return None
    value, low, high = (quote(said_ratio(verdict[name]), "verdict", verdict, name) for name in columns)
    return f"{value} ({low} to {high})"


def _further(verdict: pd.Series) -> Fact:
    if is_missing(verdict["further_below_1"]) or verdict["k"] < 2:
        return Fact("In a further cohort", "cannot be told", "it takes two cohorts")
    said = quote(probability(verdict["further_below_1"]), "verdict", verdict, "further_below_1")
    low, high = (
        quote(said_ratio(verdict[name]), "verdict", verdict, name) for name in ("further_low", "further_high")
    )
    return Fact("In a further cohort", said, f"P(HR < 1); prediction interval {low} to {high}")


def _site(contrast: pd.DataFrame, signature: str) -> Fact:
    row = contrast[contrast["signature"] == signature].iloc[0]
    label = "Bone or any site?"
    if row["status"] != "ok":
        return Fact(label, row["word"], row["reason"])
    value, low, high = (
        quote(said_ratio(row[name]), "site_contrast", row, name)
        for name in ("ratio", "ratio_low", "ratio_high")
    )
    return Fact(label, row["word"], f"HR of bone over HR of other sites {value} ({low} to {high})")

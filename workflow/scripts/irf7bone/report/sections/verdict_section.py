"""The first screen: the question, the verdict with its rule, the numbers behind it and what bears on it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import hazard_ratio, is_missing, listed, p_clause, said_ratio
from irf7bone.report.html import table_markup as tables
from irf7bone.report.html.section import Section, chosen, one_row
from irf7bone.report.html.small_forest import small_forest
from irf7bone.report.sections.cells_section import tumour_cells_answer
from irf7bone.report.sentences import text
from irf7bone.report.sentences.quote import quote
from irf7bone.verdict.judge import headline, rules_table, simulated_check

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs
    from irf7bone.study.cohort_card import CohortCard
    from irf7bone.study.settings import Config


_SENTENCES = re.compile(r"(?<=[.;]) (?=[A-Z])")


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
    real = inputs.associations[~inputs.associations["cohort"].isin(inputs.simulated)]
    sound = inputs.quality[~inputs.quality["cohort"].isin(inputs.simulated)]
    planted = planted_effects(inputs.cards, config)
    named = vars(config.primary)
    lead, rest = lead_and_rest(primary["rule_text"])
    return Section(
        "verdict",
        "Verdict",
        "Verdict",
        tables=(tables.verdict_view(inputs.verdict),),
        template="verdict.html.j2",
        data={
            "question": text.question(config),
            "verdict": primary,
            "lead": lead,
            "rest": rest,
            "headline": headline(inputs.verdict),
            "made_up": simulated_note(list(inputs.cards), inputs.simulated),
            "facts": first_facts(primary, inputs.pooled, inputs.results.pooled_null, config),
            "forest": small_forest(
                chosen(inputs.associations, **named), one_row(inputs.pooled, **named), inputs.simulated
            ),
            "bearing": [
                *text.bearing(inputs.verdict, inputs.pooled, real, sound, inputs.results.duplicates, config),
                *tumour_cells_answer(inputs),
            ],
            "simulated_check": text.simulated_sentences(
                simulated_check(inputs.associations, planted, config=config)
            ),
            "rules": rules_table().to_dict("records"),
        },
    )


def lead_and_rest(said: str) -> tuple[str, str]:
    """The first sentence of the verdict, with whether its interval includes 1; and what qualifies it."""
    sentences = _SENTENCES.split(said)
    first = 2 if len(sentences) > 1 and sentences[1].startswith("The interval includes") else 1
    return " ".join(sentences[:first]), " ".join(sentences[first:])


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


def first_facts(
    verdict: pd.Series, pooled: pd.DataFrame, pooled_null: pd.DataFrame, config: Config
) -> list[Fact]:
    """The numbers of the first screen: effect and what is behind it, and then what may speak against it.

    Args:
        verdict: The primary row of :data:`irf7bone.tables.pooled.VERDICT`.
        pooled: :data:`irf7bone.tables.pooled.POOLED`.
        pooled_null: :data:`irf7bone.tables.random_signatures.POOLED_NULL`.
        config: The study's settings.
    """
    row = one_row(pooled, **vars(config.primary))
    assert row is not None  # the primary result is always planned
    effect = _ratios(verdict, "hr", "hr_low", "hr_high")
    if effect is None:
        effects = Fact("Hazard ratio per SD", "no estimate", "no cohort of patients gives one")
    else:
        said = quote(p_clause(verdict["p"]), "verdict", verdict, "p")
        effects = Fact("Hazard ratio per SD (95 % CI)", effect, said)
    n, k, events = (
        text.quoted_count(verdict, column, noun, table="verdict")
        for column, noun in (("n", "tumour"), ("k", "cohort"), ("n_events", "event"))
    )
    adjusted = _ratios(verdict, "adjusted_hr", "adjusted_low", "adjusted_high")
    return [
        effects,
        _prediction(row),
        Fact("Behind it", events, f"{n}, {k} of patients"),
        Fact("Adjusted for proliferation", "no estimate", "see below")
        if adjusted is None
        else Fact("Adjusted for proliferation", adjusted, "HR (95 % CI)"),
        _against_random(verdict, one_row(pooled_null, **vars(config.primary))),
        _agreement(row),
    ]


def _ratios(verdict: pd.Series, *columns: str) -> str | None:
    if is_missing(verdict[columns[0]]):
        return None
    value, low, high = (quote(said_ratio(verdict[name]), "verdict", verdict, name) for name in columns)
    return f"{value} ({low} to {high})"


def _prediction(row: Mapping[str, Any]) -> Fact:
    if is_missing(row["pi_low"]):
        return Fact("95 % prediction interval", "none", "it takes three cohorts")
    low, high = (quote(hazard_ratio(row[name]), "pooled", row, name) for name in ("pi_low", "pi_high"))
    return Fact("95 % prediction interval", f"{low} to {high}", "HR in a further cohort")


def _against_random(verdict: pd.Series, row: Mapping[str, Any] | None) -> Fact:
    label = "Percentile of random scores"
    if is_missing(verdict["null_p"]):
        return Fact(label, "not compared", "see below")
    said = quote(p_clause(verdict["null_p"]), "verdict", verdict, "null_p")
    if verdict["null_p"] == 1:
        said = "random ones go further in the same direction"
    if row is None or row["status"] != "ok":
        return Fact("Against random signatures", said, "combined over cohorts")
    percentile = quote(f"{100 * row['null_percentile']:.1f}", "pooled_null", row, "null_percentile")
    return Fact(label, percentile, f"{said}; by chance 50")


def _agreement(row: Mapping[str, Any]) -> Fact:
    label = "Between cohorts"
    if is_missing(row["i2"]):
        return Fact(label, "cannot be told", "it takes two cohorts")
    i2 = quote(f"{row['i2']:.0f}", "pooled", row, "i2")
    tau2 = quote(f"{row['tau2']:.3f}", "pooled", row, "tau2")
    return Fact(label, f"I² {i2} %", f"tau² {tau2}")

"""The first screen: the question, the verdict with its rule, the numbers behind it and what bears on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.report import tables, text
from irf7bone.report.section import Section
from irf7bone.verdict import headline, rules_table, simulated_check
from irf7bone.wording import counted, is_missing, p_clause, ratio

if TYPE_CHECKING:
    from irf7bone.cards import CohortCard
    from irf7bone.config import Config
    from irf7bone.report.inputs import ReportInputs


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
    return Section(
        "verdict",
        "Verdict",
        "Verdict",
        tables=(tables.verdict_view(inputs.verdict),),
        template="verdict.html.j2",
        data={
            "question": text.question(config),
            "verdict": primary,
            "headline": headline(inputs.verdict),
            "facts": first_facts(primary, inputs.pooled, config),
            "bearing": text.bearing(inputs.verdict, inputs.pooled, real, sound, config),
            "simulated_check": text.simulated_sentences(
                simulated_check(inputs.associations, planted, config=config)
            ),
            "rules": rules_table().to_dict("records"),
        },
    )


def planted_effects(cards: Mapping[str, CohortCard], config: Config) -> dict[str, dict[str, float]]:
    """Planted log hazard ratio of bone metastasis by simulated cohort, where the primary signature has it."""
    return {
        name: {"bone": float(card.expression["log_hr"])}
        for name, card in cards.items()
        if card.role == "simulated" and card.expression["signature"] == config.primary.signature
    }


def first_facts(verdict: pd.Series, pooled: pd.DataFrame, config: Config) -> list[Fact]:
    """The numbers of the first screen: effect, what a further cohort may show, adjustment, size."""
    primary = config.primary
    if is_missing(verdict["hr"]):
        effect = Fact("Hazard ratio per SD", "no estimate", "no cohort of patients gives one")
    else:
        value = f"{ratio(verdict['hr'])} ({ratio(verdict['hr_low'])} to {ratio(verdict['hr_high'])})"
        effect = Fact("Hazard ratio per SD (95 % CI)", value, p_clause(verdict["p"]))
    row = text.pooled_result(pooled, primary.signature, primary.method, primary.endpoint, primary.model)
    if is_missing(row["pi_low"]):
        predicted = Fact("95 % prediction interval", "none", "it takes three cohorts")
    else:
        said = text.interval(row["pi_low"], row["pi_high"])
        predicted = Fact("95 % prediction interval", said, "HR in a further cohort")
    if is_missing(verdict["adjusted_hr"]):
        adjusted = Fact("Adjusted for proliferation", "no estimate", "see below")
    else:
        ends = f"{ratio(verdict['adjusted_low'])} to {ratio(verdict['adjusted_high'])}"
        adjusted = Fact(
            "Adjusted for proliferation", f"{ratio(verdict['adjusted_hr'])} ({ends})", "HR (95 % CI)"
        )
    size = Fact(
        "Behind it",
        counted(int(verdict["n_events"]), "event"),
        f"{counted(int(verdict['n']), 'tumour')}, {counted(int(verdict['k']), 'cohort')} of patients",
    )
    return [effect, predicted, adjusted, size]

"""The forest of the first screen: which cohorts the verdict rests on, and what each weighs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import MODEL_WORDS, is_missing, names_in
from irf7bone.pool.real_cohorts import ALONE, roles_in_pools
from irf7bone.report.html.section import chosen, one_row
from irf7bone.report.html.small_forest import SmallForest, random_effects_weights, small_forest
from irf7bone.report.sentences.quote import quote
from irf7bone.verdict.evidence import CLAIM, CLAIM_AS_FITTED, not_judged

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs


@dataclass(frozen=True)
class JudgedPool:
    """The pool that the first forest shows.

    Args:
        row: Its row; None where nothing is pooled.
        table: The table that it stands in.
        apart: Cohorts of patients that are shown and have no weight in it.
    """

    row: Mapping[str, Any] | None
    table: str
    apart: list[str]

    @property
    def tau2(self) -> float:
        """Variance between its cohorts; 0 where it cannot be told."""
        return 0.0 if self.row is None or is_missing(self.row["tau2"]) else float(self.row["tau2"])


def cohorts_alone(inputs: ReportInputs) -> list[str]:
    """Cohorts that are shown and not pooled."""
    return [name for name, role in roles_in_pools(inputs.cohorts).items() if role in ALONE]


def cohorts_not_judged(inputs: ReportInputs) -> dict[str, str]:
    """Cohorts of patients that the verdict leaves out though they have an estimate -> events, and why."""
    primary = inputs.config.primary
    rows = chosen(inputs.results.claim_models, signature=primary.signature, endpoint=primary.endpoint)
    rows = rows[~rows["cohort"].isin([*cohorts_alone(inputs), *inputs.simulated])]
    verdict = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    found = {}
    for cohort, model in not_judged(rows, names_in(verdict["cohorts"])).items():
        fitted = chosen(rows, cohort=cohort, status="ok").iloc[0]
        lacking = chosen(rows, cohort=cohort, model=model)["reason"].dropna()
        events = quote(f"{int(fitted['n_events']):,}", "claim_models", fitted, "n_events")
        found[cohort] = f"{events} events; no estimate of its model {': '.join([model, *lacking])}"
    return found


def not_judged_words(inputs: ReportInputs) -> str:
    """The same in a sentence; nothing where the verdict rests on all of them."""
    left = cohorts_not_judged(inputs)
    if not left:
        return ""
    return (
        f"{'; '.join(f'{name} ({why})' for name, why in left.items())}. The verdict rests on cohorts with "
        "all of its models; agreement and heterogeneity below are of all that have the model "
        f"{MODEL_WORDS[inputs.config.primary.model]}."
    )


def judged_pool(inputs: ReportInputs) -> JudgedPool:
    """The pool of the cohorts that are judged.

    The primary model's own, unless that is the verdict's model and the verdict leaves out cohorts.
    """
    primary, alone = inputs.config.primary, cohorts_alone(inputs)
    left = cohorts_not_judged(inputs)
    if not left or primary.model != CLAIM_AS_FITTED:
        return JudgedPool(one_row(inputs.pooled, **vars(primary)), "pooled", alone)
    row = one_row(
        inputs.results.verdict_models, endpoint=primary.endpoint, signature=primary.signature, model=CLAIM
    )
    return JudgedPool(row and {**row, "tau2": row["tau"] ** 2}, "verdict_models", [*alone, *left])


def pooled_weights(inputs: ReportInputs) -> dict[str, float]:
    """Share of each cohort in the pooled primary estimate, as the forest of the first screen shows it."""
    pool = judged_pool(inputs)
    fits = chosen(inputs.associations, **vars(inputs.config.primary), status="ok")
    fits = fits[~fits["cohort"].isin([*pool.apart, *inputs.simulated])]
    return random_effects_weights(dict(zip(fits["cohort"], fits["se"], strict=True)), pool.tau2)


def heaviest_cohort(inputs: ReportInputs) -> str | None:
    """The cohort with the largest weight in the primary estimate of those not sampled by outcome."""
    endpoints = chosen(inputs.cohorts, endpoint=inputs.config.primary.endpoint)
    by_outcome = set(endpoints.loc[endpoints["sampled_by_outcome"].notna(), "cohort"])
    weights = {name: own for name, own in pooled_weights(inputs).items() if name not in by_outcome}
    return max(weights, key=weights.__getitem__, default=None)


def first_forest(inputs: ReportInputs) -> SmallForest:
    """The forest of the primary analysis; cohorts that are not judged stand without weight."""
    pool = judged_pool(inputs)
    fits = chosen(inputs.associations, **vars(inputs.config.primary))
    return small_forest(fits, pool.row, inputs.simulated, pool.apart, table=pool.table)

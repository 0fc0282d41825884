"""The forest of the first screen: which cohorts the verdict rests on, and what each weighs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from irf7bone.base.phrases import MODEL_WORDS, is_missing
from irf7bone.pool.real_cohorts import ALONE, roles_in_pools
from irf7bone.report.html.section import chosen, one_row
from irf7bone.report.html.small_forest import SmallForest, random_effects_weights, small_forest
from irf7bone.report.sentences.quote import quote
from irf7bone.verdict.evidence import CLAIM
from irf7bone.verdict.evidence import MODELS as CLAIM_MODELS

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

SAME_AS_CLAIM = "proliferation_er"  # the model of the associations that the verdict's number is of


def cohorts_alone(inputs: ReportInputs) -> list[str]:
    """Cohorts that are shown and not pooled."""
    return [name for name, role in roles_in_pools(inputs.cohorts).items() if role in ALONE]


def not_judged(inputs: ReportInputs) -> dict[str, str]:
    """Cohorts that the primary model pools and the verdict does not, with the model that has no estimate.

    The verdict rests on the cohorts that have every one of its models (methods, "Verdict").
    """
    primary = inputs.config.primary
    verdict = inputs.verdict[inputs.verdict["is_primary"]].iloc[0]
    behind = [] if is_missing(verdict["cohorts"]) else str(verdict["cohorts"]).split(",")
    fits = chosen(inputs.associations, **vars(primary), status="ok")
    apart = [*behind, *cohorts_alone(inputs), *inputs.simulated]
    rows = chosen(inputs.results.claim_models, signature=primary.signature, endpoint=primary.endpoint)
    found = {}
    for fit in fits[~fits["cohort"].isin(apart)].to_dict("records"):
        own = chosen(rows, cohort=fit["cohort"]).set_index("model")
        lacking = [name for name in CLAIM_MODELS if name in own.index and own.loc[name, "status"] != "ok"]
        why = f"{lacking[0]}: {own.loc[lacking[0], 'reason']}" if lacking else "random signatures"
        events = quote(f"{int(fit['n_events']):,}", "associations", fit, "n_events")
        found[fit["cohort"]] = f"{events} events; no estimate of its model {why}"
    return found


def not_judged_words(inputs: ReportInputs) -> str:
    """The same in one sentence; nothing where the verdict rests on all of them."""
    left = not_judged(inputs)
    if not left:
        return ""
    model = MODEL_WORDS[inputs.config.primary.model]
    return (
        f"{'; '.join(f'{name} ({why})' for name, why in left.items())}. The verdict rests on cohorts with "
        f"all of its models; agreement and heterogeneity below are of all that have the one {model}."
    )


def judged_pool(inputs: ReportInputs) -> tuple[Mapping[str, Any] | None, str]:
    """The pool of the cohorts that are judged, and the table it stands in; None where nothing is pooled.

    The primary model's own, unless the verdict leaves out cohorts that it has.
    """
    primary = inputs.config.primary
    if not not_judged(inputs) or primary.model != SAME_AS_CLAIM:
        return one_row(inputs.pooled, **vars(primary)), "pooled"
    row = one_row(
        inputs.results.verdict_models, endpoint=primary.endpoint, signature=primary.signature, model=CLAIM
    )
    return (None if row is None else {**row, "tau2": row["tau"] ** 2}), "verdict_models"


def pooled_weights(inputs: ReportInputs) -> dict[str, float]:
    """Share of each cohort in the pooled primary estimate, as the forest of the first screen shows it."""
    fits = chosen(inputs.associations, **vars(inputs.config.primary), status="ok")
    fits = fits[~fits["cohort"].isin([*_without_weight(inputs), *inputs.simulated])]
    whole, _ = judged_pool(inputs)
    tau2 = 0.0 if whole is None or is_missing(whole["tau2"]) else float(whole["tau2"])
    return random_effects_weights(dict(zip(fits["cohort"], fits["se"], strict=True)), tau2)


def heaviest_cohort(inputs: ReportInputs) -> str | None:
    """The cohort with the largest weight in the primary estimate of those not sampled by outcome."""
    endpoints = chosen(inputs.cohorts, endpoint=inputs.config.primary.endpoint)
    by_outcome = set(endpoints.loc[endpoints["sampled_by_outcome"].notna(), "cohort"])
    weights = {name: own for name, own in pooled_weights(inputs).items() if name not in by_outcome}
    return max(weights, key=weights.__getitem__, default=None)


def first_forest(inputs: ReportInputs) -> SmallForest:
    """The forest of the primary analysis; cohorts that are not judged stand without weight."""
    whole, table = judged_pool(inputs)
    named = chosen(inputs.associations, **vars(inputs.config.primary))
    return small_forest(named, whole, inputs.simulated, _without_weight(inputs), table=table)


def _without_weight(inputs: ReportInputs) -> list[str]:
    """Not in the pooled value that the forest shows."""
    _, table = judged_pool(inputs)
    return [*cohorts_alone(inputs), *(not_judged(inputs) if table == "verdict_models" else ())]

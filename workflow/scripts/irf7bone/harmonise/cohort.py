"""One acquired cohort to the AnnData contract: match, check, translate, exclude, and count every loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.acquire.acquired import said_of_columns, with_other_spellings
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.vocabulary import COMPLETE_SHARE, MODEL_FIELDS
from irf7bone.harmonise.clinical_agreement import MARKER_GENES, clinical_agreement
from irf7bone.harmonise.cohort_file import BATCH, check_cohort
from irf7bone.harmonise.endpoints import Endpoint, as_categories, build_endpoints, build_fields, find_column
from irf7bone.harmonise.exclusions import check_patients, excluded_by, excluded_unseen, left_out
from irf7bone.harmonise.expression import NO_SETS, GeneMatrix, harmonise_expression
from irf7bone.harmonise.losses import losses_of, refuse_strong
from irf7bone.harmonise.matching import Flow, all_samples, match_samples, with_card_ids
from irf7bone.harmonise.named_codes import check_against_names
from irf7bone.harmonise.planned_values import MadeWhenAsked, PlannedValues
from irf7bone.harmonise.sample_rules import broken_rules, measure
from irf7bone.tables.cohort import FLOW, PROBES

if TYPE_CHECKING:
    from irf7bone.acquire.acquired import Acquired
    from irf7bone.genes.companions import CitedSet
    from irf7bone.genes.symbols import SymbolTable
    from irf7bone.study.cohort_card import CohortCard

MIN_SAMPLES = 10  # fewer have no spread to scale a score by, let alone an outcome


@dataclass(frozen=True)
class Harmonised:
    """A cohort that keeps the contract of :func:`irf7bone.harmonise.cohort_file.check_cohort`, and its
    patient flow.

    Args:
        adata: Samples x genes; of a large cohort without ``X``.
        flow: Columns of :data:`irf7bone.tables.cohort.FLOW`; step 0 holds every sample that any source names.
        markers: Columns of :data:`irf7bone.tables.cohort.MARKERS`.
        probes: Columns of :data:`irf7bone.tables.cohort.PROBES`; empty where companions choose no rows.
        planned: How the values of a large cohort are made; None where ``X`` has them.
    """

    adata: ad.AnnData
    flow: pd.DataFrame
    markers: pd.DataFrame
    probes: pd.DataFrame
    planned: PlannedValues | None = None

    @property
    def expression(self) -> pd.DataFrame:
        """All values, samples x genes."""
        return self.adata.to_df() if self.planned is None else self.planned.whole()


def harmonise(
    acquired: Acquired, card: CohortCard, symbols: SymbolTable, sets: Mapping[str, CitedSet] = NO_SETS
) -> Harmonised:
    """Bring what was acquired to the contract, by what the card states.

    Samples are matched by id as it is; published counts are enforced on the matched samples, before the
    card's exclusions; expression is harmonised on the samples that stay.

    Args:
        acquired: Expression genes x samples, clinical data samples x columns of text.
        card: The cohort's card.
        symbols: Current gene symbols.
        sets: Published gene sets, for `collapse: companions`.

    Raises:
        InputError: The data contradict the card or cannot be used; see the modules of each step.
    """
    where = str(card.path)
    acquired = with_other_spellings(with_card_ids(acquired, card))
    flow = Flow(card.id, all_samples(acquired, where))
    flow.step("named in the source")
    out = left_out(card.exclude, acquired.clinical)
    match_samples(flow, acquired, card, out)
    clinical = acquired.clinical.loc[flow.samples]
    named = acquired.expression.columns.union(acquired.clinical.index)
    unseen = excluded_unseen(card.exclude, clinical, named, where)
    fields, endpoints = _clinical(clinical, card, unseen, said_of_columns(acquired))
    losses = _losses(acquired.clinical.drop(list(out), errors="ignore"), card, flow.samples, fields)
    _check_expected(card, len(clinical), endpoints)
    for rule in card.exclude:
        flow.step("excluded by the card", (rule["reason"], excluded_by(rule, clinical, fields, where)))
    if card.patient:
        check_patients(clinical.loc[flow.samples], card.patient, where)
    _check_size(flow, where)
    batches = _batches(clinical, card, flow.samples)
    genes = harmonise_expression(acquired.expression[flow.samples], card.expression, symbols, where, sets)
    if card.drop and _drop_doubtful(flow, genes, card.drop):
        _check_size(flow, where)
        genes = harmonise_expression(acquired.expression[flow.samples], card.expression, symbols, where, sets)
    markers = clinical_agreement(_of_markers(genes), fields.loc[flow.samples], acquired.clinical, card)
    adata = _assemble(genes, fields, endpoints, flow.samples)
    if batches is not None:
        adata.obs[BATCH] = pd.Categorical(batches[flow.samples])
    provenance = _provenance(card, acquired, genes, flow, endpoints, losses)
    adata.uns["provenance"] = json.dumps(provenance, sort_keys=True, ensure_ascii=False)
    planned = genes.values if isinstance(genes.values, PlannedValues) else None
    check_cohort(adata, f"cohort {card.id}", with_values=planned is None)
    rows = FLOW.cast(pd.DataFrame(flow.rows))
    FLOW.check(rows, f"patient flow of {card.id}")
    probes = PROBES.empty() if genes.probes is None else PROBES.cast(_of_cohort(genes.probes, card.id))
    return Harmonised(adata, rows, markers, probes, planned)


def _of_cohort(probes: pd.DataFrame, cohort: str) -> pd.DataFrame:
    return probes.assign(cohort=cohort)[list(PROBES.names)]


def _of_markers(genes: GeneMatrix) -> pd.DataFrame:
    """Expression, genes x samples, of at least those genes that clinical facts are held against."""
    return genes.values.rows(MARKER_GENES) if isinstance(genes.values, PlannedValues) else genes.values


def _check_size(flow: Flow, where: str) -> None:
    losses = [row for row in flow.rows if row["n_dropped"]]
    if len(flow.samples) < MIN_SAMPLES:
        raise InputError(
            Problem(
                where,
                f"a cohort of at least {MIN_SAMPLES} samples",
                f"{len(flow.samples)} left of {flow.rows[0]['n_left']} in the source",
                "leave the cohort out of config.yaml, or correct what loses its samples",
                tuple(f"{row['n_dropped']} {row['stage']}: {row['reason']}" for row in losses),
            )
        )


def _drop_doubtful(flow: Flow, genes: GeneMatrix, rules: tuple[str, ...]) -> bool:
    """Take away the samples that break one of the rules, each under the first that it breaks."""
    values, samples = genes.values, genes.values.columns
    by_sample = MadeWhenAsked(values) if isinstance(values, PlannedValues) else values.to_numpy().T
    broken = broken_rules(measure(by_sample))
    left = samples
    losses = []
    for rule in rules:
        lost = samples[[bool(said) for said in broken[rule]]].intersection(left, sort=False)
        left = left.difference(lost, sort=False)
        losses.append((f"quality rule {rule}", lost))
    flow.step("dropped by sample quality", *losses)
    return len(left) < len(samples)


def _batches(clinical: pd.DataFrame, card: CohortCard, samples: pd.Index) -> pd.Series | None:
    """The batch of every sample as text or None, where the card names a column of it."""
    if card.batch is None:
        return None
    problems = Problems()
    values = find_column(clinical, card.batch, f"{card.path}, batch.from", problems)
    problems.raise_if_any()
    assert values is not None  # else a problem was raised
    levels = values[samples].dropna().nunique()
    if levels > len(samples) / 2:
        problems.add(
            f"{card.path}, batch.from",
            expected="a column in which samples of one batch share a value",
            found=f"{levels} values among {len(samples)} samples in column {card.batch!r}",
            remedy="name the column of array, plate or site, or remove `batch`",
        )
    problems.raise_if_any()
    return values


def _clinical(
    clinical: pd.DataFrame, card: CohortCard, forgiven: pd.Index, described: Mapping[str, str]
) -> tuple[pd.DataFrame, dict[str, Endpoint]]:
    """Covariates and endpoints, with the problems of both in one error."""
    problems = Problems()
    fields, endpoints = pd.DataFrame(), {}
    try:
        fields = build_fields(clinical, card.fields, str(card.path))
    except InputError as error:
        problems.extend(error.problems)
    try:
        endpoints = build_endpoints(clinical, card.endpoints, str(card.path), forgiven=forgiven)
    except InputError as error:
        problems.extend(error.problems)
    against = check_against_names(clinical, card.fields, card.endpoints, described, str(card.path))
    problems.extend(against.found)
    problems.raise_if_any()
    return fields, endpoints


def _losses(
    described: pd.DataFrame, card: CohortCard, matched: pd.Index, fields: pd.DataFrame
) -> dict[str, list[dict[str, Any]]]:
    """Endpoint -> its losses that can be seen here, of the patients whom the card does not leave out.

    Raises:
        InputError: A loss strongly follows the outcome, and the card does not say why.
    """
    where, problems = str(card.path), Problems()
    # what is impossible in patients without expression is their own matter: it counts as missing
    endpoints = build_endpoints(described, card.endpoints, where, forgiven=described.index)
    known = dict.fromkeys(MODEL_FIELDS, COMPLETE_SHARE)
    found = {}
    for name, endpoint in endpoints.items():
        found[name] = losses_of(endpoint.seen, matched, fields, known)
        problems.extend(refuse_strong(found[name], name, card.endpoints[name], described, where).found)
    problems.raise_if_any()
    return found


def _check_expected(card: CohortCard, n_samples: int, endpoints: dict[str, Endpoint]) -> None:
    """Refuse a cohort whose counts are not those the card took from its publication."""
    found = {"samples": n_samples}
    stated = {"samples": card.expect["samples"]} if "samples" in card.expect else {}
    for part, column in (("events", "event"), ("competing", "competing")):
        for name, count in card.expect.get(part, {}).items():
            stated[f"{part}.{name}"] = count
            found[f"{part}.{name}"] = int(endpoints[name].columns[f"{name}_{column}"].sum())
    problems = Problems()
    for name, count in stated.items():
        if found[name] != count:
            problems.add(
                f"{card.path}, expect.{name}",
                expected=str(count),
                found=str(found[name]),
                remedy="compare the source with the publication: a count that differs means other patients, "
                "another definition or a damaged file; change expect only with the reason known",
            )
    problems.raise_if_any()


def _assemble(
    genes: GeneMatrix, fields: pd.DataFrame, endpoints: dict[str, Endpoint], samples: pd.Index
) -> ad.AnnData:
    outcome = [endpoint.columns.loc[samples] for endpoint in endpoints.values()]
    values = genes.values
    source_ids = pd.Series(genes.source_ids, index=values.index.rename("symbol"), dtype=object)
    return ad.AnnData(
        X=None if isinstance(values, PlannedValues) else np.ascontiguousarray(values.to_numpy().T),
        obs=pd.concat([*outcome, as_categories(fields).loc[samples]], axis=1).rename_axis(index="sample"),
        var=pd.DataFrame({"source_ids": source_ids, "mean_log2": genes.mean_log2}, index=source_ids.index),
    )


def _provenance(
    card: CohortCard,
    acquired: Acquired,
    genes: GeneMatrix,
    flow: Flow,
    endpoints: dict[str, Endpoint],
    losses: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    settings = card.expression
    kept = set(flow.samples)
    return {
        "cohort": card.id,
        "card_sha256": card.sha256,
        "sources": acquired.sources,
        "scale": genes.scale,
        "remarks": list(genes.remarks),
        "genes": {
            "ids_in_source": len(acquired.expression),
            "gene_id": settings["gene_id"],
            "matched_by": genes.renamed,
            "dropped": {reason: {"count": len(ids), "ids": ids} for reason, ids in genes.dropped.items()},
            "collapse": settings["collapse"],
            "genes": len(genes.values),
        },
        "samples": {
            "with_expression": acquired.expression.shape[1],
            "with_clinical_data": len(acquired.clinical),
            "dropped": {row["reason"]: row["n_dropped"] for row in flow.rows if row["n_dropped"]},
            "kept": len(flow.samples),
        },
        "endpoints": {
            name: {
                **card.endpoints[name],
                "incomplete": [sample for sample in endpoint.incomplete if sample in kept],
                "missing": [sample for sample in endpoint.missing if sample in kept],
                "time_zero": [sample for sample in endpoint.at_zero if sample in kept],
                "not_after_entry": [sample for sample in endpoint.not_after_entry if sample in kept],
                "losses": losses[name],
            }
            for name, endpoint in endpoints.items()
        },
        "fields": {name: dict(rule) for name, rule in card.fields.items()},
    }

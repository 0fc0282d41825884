"""One acquired cohort to the AnnData contract: match, check, translate, exclude, and count every loss."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.harmonise.clinical_agreement import clinical_agreement
from irf7bone.harmonise.cohort_file import BATCH, check_cohort
from irf7bone.harmonise.endpoints import Endpoint, as_categories, build_endpoints, build_fields, find_column
from irf7bone.harmonise.exclusions import check_patients, excluded_by, excluded_unseen
from irf7bone.harmonise.expression import GeneMatrix, harmonise_expression
from irf7bone.harmonise.sample_rules import broken_rules, measure
from irf7bone.tables.cohort import FLOW

if TYPE_CHECKING:
    from irf7bone.acquire.acquired import Acquired
    from irf7bone.genes.symbols import SymbolTable
    from irf7bone.study.cohort_card import CohortCard

MIN_SAMPLES = 10  # fewer have no spread to scale a score by, let alone an outcome


@dataclass(frozen=True)
class Harmonised:
    """A cohort that keeps the contract of :func:`irf7bone.harmonise.cohort_file.check_cohort`, and its
    patient flow.

    Args:
        adata: Samples x genes.
        flow: Columns of :data:`irf7bone.tables.cohort.FLOW`; step 0 holds every sample that any source names.
        markers: Columns of :data:`irf7bone.tables.cohort.MARKERS`.
    """

    adata: ad.AnnData
    flow: pd.DataFrame
    markers: pd.DataFrame


@dataclass
class Flow:
    """The samples still in, and a row for every step they went through."""

    cohort: str
    samples: pd.Index
    rows: list[dict[str, Any]] = field(default_factory=list)

    def step(self, stage: str, *losses: tuple[str, pd.Index]) -> None:
        """Take the samples of each loss away and note it; a step without any loss is noted too."""
        number = self.rows[-1]["step"] + 1 if self.rows else 0
        found = [(reason, self.samples.intersection(lost, sort=False)) for reason, lost in losses]
        for reason, lost in [item for item in found if len(item[1])] or [("none", self.samples[:0])]:
            self.samples = self.samples.difference(lost, sort=False)
            self.rows.append(
                {
                    "cohort": self.cohort,
                    "step": number,
                    "stage": stage,
                    "reason": reason,
                    "n_dropped": len(lost),
                    "n_left": len(self.samples),
                    "dropped": ",".join(lost) or None,
                }
            )


def harmonise(acquired: Acquired, card: CohortCard, symbols: SymbolTable) -> Harmonised:
    """Bring what was acquired to the contract, by what the card states.

    Samples are matched by id as it is; published counts are enforced on the matched samples, before the
    card's exclusions; expression is harmonised on the samples that stay.

    Args:
        acquired: Expression genes x samples, clinical data samples x columns of text.
        card: The cohort's card.
        symbols: Current gene symbols.

    Raises:
        InputError: The data contradict the card or cannot be used; see the modules of each step.
    """
    where = str(card.path)
    flow = Flow(card.id, all_samples(acquired, where))
    flow.step("named in the source")
    match_samples(flow, acquired, where)
    clinical = acquired.clinical.loc[flow.samples]
    named = acquired.expression.columns.union(acquired.clinical.index)
    fields, endpoints = _clinical(clinical, card, excluded_unseen(card.exclude, clinical, named, where))
    _check_expected(card, len(clinical), endpoints)
    for rule in card.exclude:
        flow.step("excluded by the card", (rule["reason"], excluded_by(rule, clinical, fields, where)))
    if card.patient:
        check_patients(clinical.loc[flow.samples], card.patient, where)
    _check_size(flow, where)
    batches = _batches(clinical, card, flow.samples)
    genes = harmonise_expression(acquired.expression[flow.samples], card.expression, symbols, where)
    if card.drop and _drop_doubtful(flow, genes, card.drop):
        _check_size(flow, where)
        genes = harmonise_expression(acquired.expression[flow.samples], card.expression, symbols, where)
    markers = clinical_agreement(genes.values, fields.loc[flow.samples], acquired.clinical, card)
    adata = _assemble(genes, fields, endpoints, flow.samples)
    if batches is not None:
        adata.obs[BATCH] = pd.Categorical(batches[flow.samples])
    provenance = _provenance(card, acquired, genes, flow, endpoints)
    adata.uns["provenance"] = json.dumps(provenance, sort_keys=True, ensure_ascii=False)
    check_cohort(adata, f"cohort {card.id}")
    rows = FLOW.cast(pd.DataFrame(flow.rows))
    FLOW.check(rows, f"patient flow of {card.id}")
    return Harmonised(adata, rows, markers)


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
    broken = broken_rules(measure(genes.values.to_numpy(dtype=np.float64).T))
    samples = genes.values.columns
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


def all_samples(acquired: Acquired, where: str) -> pd.Index:
    """Samples of the expression, then those of the clinical data only; each source's ids must be unique."""
    problems = Problems()
    ids = {"expression": acquired.expression.columns, "clinical data": acquired.clinical.index}
    for name, index in ids.items():
        repeated = index[index.duplicated()].unique().tolist()
        if repeated:
            problems.add(
                f"{where}, {name}",
                expected="every sample id once",
                found=f"{len(repeated)} repeated",
                remedy="remove the copies, or give technical replicates their own ids",
                offenders=repeated,
            )
    problems.raise_if_any()
    measured, described = ids.values()
    return measured.append(described.difference(measured, sort=False)).astype("object")


def match_samples(flow: Flow, acquired: Acquired, where: str) -> None:
    """Take away the samples that only one source has.

    Raises:
        InputError: Ids that are too alike to be lost, or none in common.
    """
    measured, described = acquired.expression.columns, acquired.clinical.index
    alone, without = measured.difference(described, sort=False), described.difference(measured, sort=False)
    _check_near_misses(alone, without, where)
    if len(alone) == len(measured):
        raise InputError(
            Problem(
                where,
                "the same sample ids in the expression and the clinical data",
                f"none of {len(measured)} is in both; expression has {_examples(measured)}, "
                f"the clinical data have {_examples(described)}",
                "check key and genes_in in the card, or add the other kind of id to the clinical table",
            )
        )
    flow.step("matched by sample id", ("no expression", without), ("no clinical data", alone))


def _examples(ids: pd.Index) -> str:
    return ", ".join(map(repr, ids[:3])) + (" ..." if len(ids) > 3 else "")


_NUMBER_ID = re.compile(r"[0-9]+(\.0+)?")


def _alike(sample: object) -> str:
    """What stays of an id without what programs change on the way; '7.0' is '7' before it could be '70'."""
    text = unicodedata.normalize("NFKC", str(sample)).strip()
    if _NUMBER_ID.fullmatch(text):
        return text.partition(".")[0].lstrip("0") or "0"
    return re.sub(r"[\W_]", "", text).lower()


def _difference(first: str, second: str) -> str:
    """The key of :data:`_DIFFERENCES` for two ids that are alike."""
    first, second = first.strip(), second.strip()
    if first == second or not (_NUMBER_ID.fullmatch(first) and _NUMBER_ID.fullmatch(second)):
        return "spelling"
    return "zeros" if first.partition(".")[0] != second.partition(".")[0] else "decimals"


# how ids that are alike differ -> what was found, and how to mend it
_DIFFERENCES = {
    "spelling": (
        "'-', '.', '_', spaces, case or how an accent is stored",
        "write them the same way in one of the files (R's read.table turns '-' into '.', which "
        "check.names=FALSE prevents)",
    ),
    "zeros": (
        "zeros at the start",
        "write the ids out in full again in the file that lost the zeros (a spreadsheet, or a program that "
        "reads ids as numbers, strips them)",
    ),
    "decimals": (
        "a decimal '.0'",
        "write the ids without decimals (a spreadsheet, or a program that reads ids as numbers, adds them)",
    ),
}


def _check_near_misses(alone: pd.Index, without: pd.Index, where: str) -> None:
    """Refuse ids of one source only that are too alike to an id of the other to be lost."""
    described = defaultdict(list)
    for sample in without:
        described[_alike(sample)].append(sample)
    pairs = defaultdict(list)
    for sample in alone:
        for near in described.get(_alike(sample), [])[:1]:
            pairs[_difference(str(sample), str(near))].append(f"{sample!r} and {near!r}")
    problems = Problems()
    for kind, (what, remedy) in _DIFFERENCES.items():
        if kind in pairs:
            problems.add(
                f"{where}, sample ids",
                expected="ids written the same way in the expression and the clinical data",
                found=f"{len(pairs[kind])} pairs that differ only in {what}",
                remedy=f"{remedy}; they are not matched for you: patients may differ by no more",
                offenders=pairs[kind],
            )
    problems.raise_if_any()


def _clinical(
    clinical: pd.DataFrame, card: CohortCard, forgiven: pd.Index
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
    problems.raise_if_any()
    return fields, endpoints


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
    mean_log2 = values.mean(axis=1).to_numpy(dtype=np.float64)
    return ad.AnnData(
        X=np.ascontiguousarray(values.to_numpy().T),
        obs=pd.concat([*outcome, as_categories(fields).loc[samples]], axis=1).rename_axis(index="sample"),
        var=pd.DataFrame({"source_ids": source_ids, "mean_log2": mean_log2}, index=source_ids.index),
    )


def _provenance(
    card: CohortCard, acquired: Acquired, genes: GeneMatrix, flow: Flow, endpoints: dict[str, Endpoint]
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
            }
            for name, endpoint in endpoints.items()
        },
        "fields": {name: dict(rule) for name, rule in card.fields.items()},
    }

"""One acquired experiment to its AnnData contract: match, group, pair, translate, and count every loss."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.acquire.sample_blocks import whole_expression
from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.nearest import nearest
from irf7bone.experiments.design import build_designs
from irf7bone.experiments.experiment_file import check_experiment
from irf7bone.experiments.replicates import first_samples, named_units, put_together
from irf7bone.genes.mouse import MouseSymbols, check_organism
from irf7bone.harmonise.exclusions import excluded_by, excluded_unseen
from irf7bone.harmonise.expression import GeneMatrix, harmonise_expression
from irf7bone.harmonise.matching import Flow, all_samples, match_samples, with_card_ids
from irf7bone.tables.cohort import FLOW

if TYPE_CHECKING:
    from irf7bone.acquire.acquired import Acquired
    from irf7bone.genes.symbols import SymbolTable
    from irf7bone.study.experiment_card import ExperimentCard


@dataclass(frozen=True)
class HarmonisedExperiment:
    """An experiment that keeps the contract of :func:`irf7bone.experiments.experiment_file.check_experiment`.

    Args:
        adata: Samples x genes.
        flow: Columns of :data:`irf7bone.tables.cohort.FLOW`, the experiment's id in ``cohort``.
    """

    adata: ad.AnnData
    flow: pd.DataFrame


def harmonise_experiment(
    acquired: Acquired, card: ExperimentCard, symbols: SymbolTable
) -> HarmonisedExperiment:
    """Bring what was acquired to the contract, by what the card states.

    Samples whose group the card maps to null are left out and counted; known counts are enforced; every
    contrast must be one that can be fitted.

    Args:
        acquired: Expression genes x samples, sample descriptions samples x columns of text.
        card: The experiment's card.
        symbols: Current human symbols.

    Raises:
        InputError: The data contradict the card or cannot be used.
    """
    where = str(card.path)
    acquired = with_card_ids(acquired, card)
    flow = Flow(card.id, all_samples(acquired, where))
    flow.step("named in the source")
    match_samples(flow, acquired, card)
    described = acquired.clinical.loc[flow.samples]
    excluded_unseen(
        card.exclude, described, acquired.expression.columns.union(acquired.clinical.index), where
    )
    for rule in card.exclude:
        lost = excluded_by(rule, described, pd.DataFrame(), where)
        flow.step("excluded by the card", (rule["reason"], lost))
    obs = _describe(described.loc[flow.samples], card, where)
    flow.step("grouped by the card", ("no group of this experiment", obs.index[obs["group"].isna()]))
    obs = obs.loc[flow.samples]
    raw = whole_expression(acquired.expression)[flow.samples].astype(np.float64)
    if card.replicates and card.correlates:
        obs["unit"] = named_units(described.loc[flow.samples, card.replicates], where)
    elif card.replicates:
        firsts = first_samples(described.loc[flow.samples, card.replicates], obs, where)
        raw = put_together(raw, firsts, card.expression["scale"])
        again = firsts.index[firsts != firsts.index]
        flow.step("replicates put together", ("joined with the first of its animal", again))
        obs = obs.loc[flow.samples]
    _check_expected(obs, card, where)
    obs["group"] = pd.Categorical(obs["group"], categories=_groups(card))
    build_designs(card.id, obs, card.contrasts)
    if card.expression["gene_id"] == "symbol":
        check_organism(list(raw.index.get_level_values(-1)), card.organism, symbols, where)
    table = MouseSymbols() if card.organism == "mouse" else symbols
    genes = harmonise_expression(raw, card.expression, table, where)
    adata = _assemble(genes, raw, obs, card)
    adata.uns["provenance"] = json.dumps(
        _provenance(card, acquired, genes, flow), sort_keys=True, ensure_ascii=False
    )
    check_experiment(adata, f"experiment {card.id}")
    rows = FLOW.cast(pd.DataFrame(flow.rows))
    FLOW.check(rows, f"sample flow of {card.id}")
    return HarmonisedExperiment(adata, rows)


def _groups(card: ExperimentCard) -> list[str]:
    return list(dict.fromkeys(name for name in card.groups["map"].values() if name is not None))


def _describe(described: pd.DataFrame, card: ExperimentCard, where: str) -> pd.DataFrame:
    """``group`` (missing where the card leaves a sample out), ``pair`` and, where there is one, ``batch``."""
    columns = {
        "groups": card.groups["from"],
        "pairs": card.pairs,
        "batch": card.batch,
        "replicates": card.replicates,
    }
    problems = Problems()
    for key, column in columns.items():
        if column is not None and column not in described:
            near = nearest(column, described.columns)
            problems.add(
                f"{where}, {key}.from",
                expected="a column of the sample descriptions: " + ", ".join(map(str, described.columns)),
                found=f"`{column}`",
                remedy=f"did you mean `{near}`?" if near else "name a column that is there",
            )
    problems.raise_if_any()
    codes, meanings = described[columns["groups"]], card.groups["map"]
    unknown = codes[~codes.isin(list(meanings))]
    if len(unknown):
        shown = unknown.fillna("(empty)")
        problems.add(
            f"{where}, groups.map",
            expected=f"every code of column `{columns['groups']}` in the map: {', '.join(meanings)}",
            found=f"{len(unknown)} samples with another code or none",
            remedy="add each code with the group it means, or with null to leave its samples out",
            offenders=[f"{sample}: {code}" for sample, code in shown.items()],
        )
    problems.raise_if_any()
    obs = pd.DataFrame({"group": codes.map(meanings)}, index=described.index, dtype=object)
    obs["group"] = obs["group"].where(obs["group"].notna(), None)
    obs["pair"] = described[card.pairs].astype(object) if card.pairs else None
    if card.batch:
        obs["batch"] = described[card.batch].astype(object)
    return obs.rename_axis(index="sample")


def _check_expected(obs: pd.DataFrame, card: ExperimentCard, where: str) -> None:
    """Refuse an experiment whose counts are not those that the card states."""
    counts = obs["group"].value_counts()
    sizes = obs["pair"].dropna().value_counts()
    found = {"samples": len(obs), "pairs": int((sizes > 1).sum())}
    found |= {f"groups.{name}": int(counts.get(name, 0)) for name in _groups(card)}
    stated: dict[str, int] = {key: card.expect[key] for key in ("samples", "pairs") if key in card.expect}
    stated |= {f"groups.{name}": count for name, count in card.expect.get("groups", {}).items()}
    problems = Problems()
    for name, count in stated.items():
        if found[name] != count:
            problems.add(
                f"{where}, expect.{name}",
                expected=str(count),
                found=str(found[name]),
                remedy="compare the source with the publication; change expect only with the reason known",
            )
    problems.raise_if_any()


def _assemble(genes: GeneMatrix, raw: pd.DataFrame, obs: pd.DataFrame, card: ExperimentCard) -> ad.AnnData:
    values = genes.values
    assert isinstance(values, pd.DataFrame)  # few samples, which were read whole
    source_ids = pd.Series(genes.source_ids, index=values.index.rename("symbol"), dtype=object)
    adata = ad.AnnData(
        X=np.ascontiguousarray(values.to_numpy().T),
        obs=obs,
        var=pd.DataFrame({"source_ids": source_ids}, index=source_ids.index),
    )
    adata.uns["organism"], adata.uns["scale"] = card.organism, card.expression["scale"]
    if card.expression["scale"] == "counts":
        adata.layers["counts"] = _counts(raw, genes, card)
    return adata


def _counts(raw: pd.DataFrame, genes: GeneMatrix, card: ExperimentCard) -> np.ndarray:
    """Counts of the row of each gene that was chosen, samples x genes."""
    raw = raw.set_axis(raw.index.get_level_values(0), axis=0)
    chosen = raw.loc[raw.index.isin(genes.source_ids)]
    repeated = chosen.index[chosen.index.duplicated()].unique().tolist()
    if repeated:
        raise InputError(
            Problem(
                f"{card.path}, expression",
                "each id of a gene once, as these are counts",
                f"{len(repeated)} ids in several rows",
                "add the counts of the rows of one id before this workflow",
                tuple(repeated),
            )
        )
    return np.ascontiguousarray(chosen.loc[genes.source_ids].to_numpy(dtype=np.float64).T)


def _provenance(card: ExperimentCard, acquired: Acquired, genes: GeneMatrix, flow: Flow) -> dict[str, Any]:
    return {
        "experiment": card.id,
        "card_sha256": card.sha256,
        "sources": acquired.sources,
        "scale": genes.scale,
        "genes": {
            "ids_in_source": len(acquired.expression),
            "gene_id": card.expression["gene_id"],
            "matched_by": genes.renamed,
            "dropped": {reason: {"count": len(ids), "ids": ids} for reason, ids in genes.dropped.items()},
            "collapse": card.expression["collapse"],
            "genes": len(genes.values),
        },
        "samples": {
            "with_expression": acquired.expression.shape[1],
            "described": len(acquired.clinical),
            "dropped": {row["reason"]: row["n_dropped"] for row in flow.rows if row["n_dropped"]},
            "kept": len(flow.samples),
        },
        "groups": card.groups,
    }

"""All tested tables of one data set: every contrast in every compartment and in the bulk, by the
experiments' engine.
"""

from __future__ import annotations

from collections.abc import Mapping

import anndata as ad
import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import BULK, CYTOTOXIC, MALIGNANT, OK, UNASSIGNED
from irf7bone.cells.abundance import centred_log_ratios, compare_abundance, non_malignant_ratios
from irf7bone.cells.ambient import ambient_alpha_to_null, effect_weights
from irf7bone.cells.cell_claim import claim_row
from irf7bone.cells.comparison import CellInputs, Compared
from irf7bone.cells.contrasts import PlannedContrast, plan
from irf7bone.cells.cytotoxic_link import cytotoxic_link
from irf7bone.cells.pseudobulk import SEPARATOR, as_experiment, cell_counts
from irf7bone.cells.split_contrast import split_contrast
from irf7bone.experiments.analyse import analyse_experiment
from irf7bone.experiments.design import ContrastDesign
from irf7bone.experiments.levels import group_share, score_levels
from irf7bone.experiments.permute import floor_code
from irf7bone.genes.orthologs import to_human
from irf7bone.scoring.score_table import score_cohort
from irf7bone.statistics.false_discovery import benjamini_hochberg
from irf7bone.study.cells_card import CellsCard
from irf7bone.tables.cells import (
    ABUNDANCE,
    CELL_CLAIM,
    CELL_GENE_SETS,
    CELL_GENES,
    CELL_SCORES,
    CELL_SIGNATURES,
    COMPARTMENT_TABLE,
    CYTOTOXIC_LINK,
    SPLIT,
)

PROLIFERATION_LIST = "PROLIFERATION"
CYTOTOXIC_SIGNATURE = "DANAHER_CYTOTOXIC_CELLS"
CYTOTOXIC_GENES = ("GNLY", "GZMA", "GZMB", "GZMH", "KLRB1", "KLRD1", "KLRK1", "NKG7", "PRF1")


def experiment_of(bulk: ad.AnnData, compartment: str, card: CellsCard) -> ad.AnnData:
    """The usable samples of a compartment, as an experiment."""
    return as_experiment(bulk, compartment, organism=card.organism, scale=card.cells["scale"])


def compare_compartments(bulk: ad.AnnData, inputs: CellInputs) -> dict[str, pd.DataFrame]:
    """Compare the groups of a data set in every compartment.

    Args:
        bulk: Samples of :func:`irf7bone.cells.pseudobulk.pseudobulk`.
        inputs: Card, signatures and settings.

    Returns:
        Tables by the names of :data:`irf7bone.tables.cells.CELL_TABLES`, without robustness.
    """
    card = inputs.card
    names = [name for name in sorted(bulk.obs["compartment"].unique()) if name != UNASSIGNED]
    samples = {name: experiment_of(bulk, name, card) for name in names}
    results = {
        (contrast.id, name): _compare(plan(card.id, samples[name], contrast, name), samples[name], inputs)
        for contrast in card.contrasts
        for name in names  # sorted: rows have one order in every run
    }
    scores = _scores(bulk, samples, inputs)
    tables = {
        "compartments": compartment_table(bulk, card.id),
        "signatures": _signatures(results, inputs),
        "scores": scores,
        "genes": _genes(results, inputs),
        "gene_sets": _gene_sets(results, card.id),
        "claim": _claims(bulk, results, inputs),
        "composition": _composition(bulk, results, inputs),
        "split": _split(bulk, results, inputs),
        "immune": _immune(bulk, scores, inputs),
    }
    return tables


def _compare(planned: PlannedContrast, adata: ad.AnnData, inputs: CellInputs) -> Compared:
    if planned.design is None:
        return Compared(planned, None)
    used = adata.copy()
    used.obs["pair"] = planned.obs["pair"]
    used.obs = used.obs.drop(columns=[] if planned.contrast.batch else ["batch"])
    markers = inputs.markers
    if (
        planned.compartment != BULK
    ):  # one kind of cell: tissue cannot shift in it, ambient RNA is asked for apart
        markers = {name: value for name, value in markers.items() if name == PROLIFERATION_LIST}
    tables = analyse_experiment(
        inputs.card.id,
        used,
        [planned.design.contrast],
        inputs.library,
        markers,
        inputs.orthologs,
        inputs.settings,
    )
    return Compared(planned, tables)


def compartment_table(bulk: ad.AnnData, data_set: str) -> pd.DataFrame:
    """Cells of every patient, group and compartment, :data:`COMPARTMENT_TABLE`."""
    table = bulk.obs.reset_index(drop=True)
    everything = table[table["compartment"] == BULK].set_index(["patient", "group"])["n_cells"]
    malignant = table[table["compartment"] == MALIGNANT].set_index(["patient", "group"])["n_cells"]
    key = pd.MultiIndex.from_frame(table[["patient", "group"]])
    whole = everything.reindex(key).to_numpy(dtype=float)
    rest = whole - malignant.reindex(key).fillna(0).to_numpy(dtype=float)
    table["fraction"] = table["n_cells"] / whole
    inside = ~table["compartment"].isin([BULK, MALIGNANT]).to_numpy() & (rest > 0)
    table["fraction_non_malignant"] = np.where(inside, table["n_cells"] / np.where(rest > 0, rest, 1), np.nan)
    return COMPARTMENT_TABLE.cast(table.assign(data_set=data_set).reindex(columns=COMPARTMENT_TABLE.names))


def _scores(bulk: ad.AnnData, samples: Mapping[str, ad.AnnData], inputs: CellInputs) -> pd.DataFrame:
    parts = []
    for name, adata in samples.items():
        if adata.n_obs < 2:
            continue
        human = to_human(adata, inputs.orthologs)
        found, _ = score_cohort(
            score_levels(human),
            inputs.library,
            inputs.settings.methods,
            inputs.settings.min_coverage,
            read_in=group_share(human),
        )
        parts.append(found[found["status"] == "ok"].assign(compartment=name))
    if not parts:
        return CELL_SCORES.empty()
    table = pd.concat(parts, ignore_index=True)
    described = bulk.obs[["patient", "group", "subtype", "n_cells"]]
    table = table.merge(described, left_on="sample", right_index=True, how="left")
    return CELL_SCORES.cast(table.assign(data_set=inputs.card.id).reindex(columns=CELL_SCORES.names))


def _signatures(results: Mapping[tuple[str, str], Compared], inputs: CellInputs) -> pd.DataFrame:
    settings, card = inputs.settings, inputs.card
    parts = []
    for found in results.values():
        if found.tables is None:
            rows = pd.DataFrame(
                [
                    {"signature": name, "method": method}
                    for name in inputs.library
                    for method in settings.methods
                ]
            ).assign(status=found.planned.status, reason=found.planned.reason)
        else:
            rows = found.tables["signatures"].copy()
        floor = found.planned.min_p
        parts.append(rows.assign(**found.planned.facts, min_p=floor, code=floor_code(floor)))
    table = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True)
    table = table.assign(data_set=card.id).reindex(columns=CELL_SIGNATURES.names)
    first = card.contrasts[0]
    primary = (
        (table["signature"] == settings.primary_signature)
        & (table["method"] == settings.primary_method)
        & (table["contrast"] == first.id)
        & (table["compartment"] == first.compartment)
    )
    tested = (table["status"] == OK) & ~primary
    table["q"] = np.nan
    if tested.any():
        table.loc[tested, "q"] = benjamini_hochberg(table.loc[tested, "p"].astype(float))
    return CELL_SIGNATURES.cast(table)


def _genes(results: Mapping[tuple[str, str], Compared], inputs: CellInputs) -> pd.DataFrame:
    """Genes of the compartment that each contrast is judged in."""
    parts = [
        found.tables["genes"].assign(contrast=contrast, compartment=name)
        for (contrast, name), found in results.items()
        if found.tables is not None and name == found.planned.contrast.compartment
    ]
    if not parts:
        return CELL_GENES.empty()
    table = pd.concat(parts, ignore_index=True).assign(data_set=inputs.card.id)
    return CELL_GENES.cast(table.reindex(columns=CELL_GENES.names))


def _gene_sets(results: Mapping[tuple[str, str], Compared], data_set: str) -> pd.DataFrame:
    parts = [
        found.tables["gene_sets"].assign(compartment=name)
        for (_, name), found in results.items()
        if found.tables is not None
    ]
    if not parts:
        return CELL_GENE_SETS.empty()
    table = pd.concat([part.dropna(axis=1, how="all") for part in parts], ignore_index=True)
    return CELL_GENE_SETS.cast(table.assign(data_set=data_set).reindex(columns=CELL_GENE_SETS.names))


def _claims(
    bulk: ad.AnnData,
    results: Mapping[tuple[str, str], Compared],
    inputs: CellInputs,
) -> pd.DataFrame:
    rows = []
    for contrast in inputs.card.contrasts:
        found, whole = (results.get((contrast.id, name)) for name in (contrast.compartment, BULK))
        alpha = (
            np.nan
            if found is None or found.planned.design is None or contrast.compartment == BULK
            else _alpha(bulk, found.planned.design, inputs)
        )
        rows.append(claim_row(contrast, found, whole, alpha, inputs))
    table = pd.DataFrame(rows).assign(data_set=inputs.card.id)
    return CELL_CLAIM.cast(table.reindex(columns=CELL_CLAIM.names))


def _alpha(bulk: ad.AnnData, design: ContrastDesign, inputs: CellInputs) -> float:
    ids = list(design.samples)
    wholes = [SEPARATOR.join([*name.split(SEPARATOR)[:-1], BULK]) for name in ids]
    genes = inputs.own_genes(inputs.library[inputs.settings.primary_signature].up)
    columns = np.flatnonzero(np.isin(bulk.var_names.to_numpy(dtype=str), genes))
    own = np.asarray(bulk[ids].X)
    seen = columns[own[:, columns].sum(axis=0) > 0]
    if not len(seen):
        return float("nan")
    return ambient_alpha_to_null(own, np.asarray(bulk[wholes].X), seen, effect_weights(design.matrix))


def _composition(
    bulk: ad.AnnData, results: Mapping[tuple[str, str], Compared], inputs: CellInputs
) -> pd.DataFrame:
    ratios = centred_log_ratios(cell_counts(bulk))
    ratios.index = [SEPARATOR.join([name, BULK]) for name in ratios.index]
    parts = []
    for contrast in inputs.card.contrasts:
        planned = results[(contrast.id, BULK)].planned
        rows = pd.DataFrame(
            {"compartment": ratios.columns, "status": planned.status, "reason": planned.reason}
        )
        if planned.design is not None and ratios.shape[1] > 1:
            found = compare_abundance(ratios, planned.design)
            rows = rows.merge(found, left_on="compartment", right_index=True)
        parts.append(
            rows.assign(**{key: value for key, value in planned.facts.items() if key != "compartment"})
        )
    table = pd.concat(parts, ignore_index=True).assign(data_set=inputs.card.id)
    return ABUNDANCE.cast(table.reindex(columns=ABUNDANCE.names))


def _split(bulk: ad.AnnData, results: Mapping[tuple[str, str], Compared], inputs: CellInputs) -> pd.DataFrame:
    genes = inputs.own_genes(inputs.library[inputs.settings.primary_signature].up)
    parts = [
        split_contrast(bulk, results[(contrast.id, BULK)].planned, genes, seed=inputs.settings.seed).assign(
            contrast=contrast.id
        )
        for contrast in inputs.card.contrasts
    ]
    table = pd.concat(parts, ignore_index=True).assign(data_set=inputs.card.id)
    return SPLIT.cast(table.reindex(columns=SPLIT.names))


def _immune(bulk: ad.AnnData, scores: pd.DataFrame, inputs: CellInputs) -> pd.DataFrame:
    settings = inputs.settings
    primary = scores[
        (scores["compartment"] == MALIGNANT)
        & (scores["signature"] == settings.primary_signature)
        & (scores["method"] == settings.primary_method)
    ]
    name = primary["patient"] + SEPARATOR + primary["group"]
    score = pd.Series(primary["score_raw"].to_numpy(), index=name.to_numpy())
    counts = cell_counts(bulk)
    groups = {f"clr_{kind}": (kind,) for kind in CYTOTOXIC} | {"clr_cytotoxic": CYTOTOXIC}
    measures = non_malignant_ratios(counts, MALIGNANT, groups)
    measures["cytotoxicity"] = _cytotoxicity(bulk, inputs).reindex(measures.index)
    samples = bulk.obs[bulk.obs["compartment"] == BULK].copy()
    samples.index = samples["patient"].astype(str) + SEPARATOR + samples["group"].astype(str)
    found = cytotoxic_link(score, measures, samples, seed=settings.seed).assign(data_set=inputs.card.id)
    return CYTOTOXIC_LINK.cast(found.reindex(columns=CYTOTOXIC_LINK.names))


def _cytotoxicity(bulk: ad.AnnData, inputs: CellInputs) -> pd.Series:
    """Mean log2 level of the cytotoxic genes in NK and CD8 T cells together, by patient and group."""
    listed = inputs.library.get(CYTOTOXIC_SIGNATURE)
    genes = inputs.own_genes(listed.up if listed is not None else CYTOTOXIC_GENES)
    columns = np.isin(bulk.var_names.to_numpy(dtype=str), genes)
    chosen = bulk[bulk.obs["compartment"].isin(CYTOTOXIC).to_numpy()]
    key = (chosen.obs["patient"].astype(str) + SEPARATOR + chosen.obs["group"].astype(str)).to_numpy()
    joined = pd.DataFrame(np.asarray(chosen.X)).groupby(key).sum()
    per_million = joined.to_numpy()[:, columns] / np.maximum(joined.sum(axis=1).to_numpy()[:, None], 1) * 1e6
    return pd.Series(np.log2(per_million + 1).mean(axis=1), index=joined.index, dtype=float)

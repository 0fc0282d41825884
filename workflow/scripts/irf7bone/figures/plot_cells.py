"""Which figures a single-cell data set has and what each is drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.cells_vocabulary import BULK, CYTOTOXIC, MALIGNANT, UNASSIGNED
from irf7bone.cells.abundance import non_malignant_ratios
from irf7bone.cells.pseudobulk import cell_counts
from irf7bone.figures.cell_copy_number import heat_copy_number
from irf7bone.figures.cell_display import (
    SHOWN_LISTS,
    bars_composition,
    bars_quality,
    dot_markers,
    heat_confusion,
    scatter_map,
)
from irf7bone.figures.cell_scores import heat_signatures, scatter_cytotoxic, strip_scores, waterfall_split
from irf7bone.figures.drawing import Drawing

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.study.cells_card import CellsCard

MAP_COLUMNS = ["cell", "patient", "compartment", "ucell_primary", "umap1", "umap2"]


def plot_cell_figures(
    card: CellsCard,
    tables: Mapping[str, pd.DataFrame],
    cells: pd.DataFrame,
    copy_number: pd.DataFrame,
    samples: ad.AnnData,
    markers: Mapping[str, Sequence[str]],
) -> dict[str, Drawing]:
    """Plot one data set.

    Args:
        card: The card.
        tables: Those of :data:`irf7bone.tables.cells.CELL_TABLES` and :data:`CALL_TABLES`.
        cells: :data:`irf7bone.tables.cells.CELLS`.
        copy_number: :data:`irf7bone.tables.cells.COPY_NUMBER`.
        samples: Pseudobulk samples.
        markers: Marker lists in the card's symbols.

    Returns:
        Drawings by the names of :func:`irf7bone.figures.cell_figures`.
    """
    rules = {"simulated": card.simulated}
    drawn: dict[str, Drawing] = {}
    for contrast in tables["claim"].to_dict("records"):
        drawn |= _contrast(card, tables, contrast, rules)
    drawn["composition"] = Drawing(
        bars_composition(tables["compartments"], title=f"{card.id}: what the samples hold", **rules),
        tables["compartments"],
    )
    levels = compartment_levels(samples)
    shown = {
        name: [gene for gene in markers[name] if gene.upper() in genes] for name, genes in SHOWN_LISTS.items()
    }
    drawn["markers"] = Drawing(
        dot_markers(levels, shown, title=f"{card.id}: markers of the compartments", **rules),
        levels[[gene for genes in shown.values() for gene in genes if gene in levels]]
        .round(4)
        .rename_axis("compartment")
        .reset_index(),
    )
    mapped = cells[cells["umap1"].notna()]
    drawn["map"] = Drawing(
        scatter_map(mapped, title=f"{card.id}: the cells, for display", **rules), mapped[MAP_COLUMNS].round(4)
    )
    points, tests = cytotoxic_points(tables, samples)
    drawn["cytotoxic"] = Drawing(
        scatter_cytotoxic(points, tests, title=f"{card.id}: tumour interferon and cytotoxic cells", **rules),
        points,
    )
    drawn["quality"] = Drawing(
        bars_quality(tables["quality"], title=f"{card.id}: samples", **rules), tables["quality"]
    )
    drawn["copy_number"] = Drawing(
        heat_copy_number(
            copy_number, tables["calls"], title=f"{card.id}: copy number of the clusters", **rules
        ),
        copy_number.round(4),
    )
    if len(tables["confusion"]):
        drawn["confusion"] = Drawing(
            heat_confusion(tables["confusion"], title=f"{card.id}: labels and calls", **rules),
            tables["confusion"],
        )
    return drawn


def _contrast(
    card: CellsCard, tables: Mapping[str, pd.DataFrame], contrast: Mapping, rules: Mapping
) -> dict[str, Drawing]:
    name, primary, method = contrast["contrast"], contrast["signature"], contrast["method"]
    own = next(item for item in card.contrasts if item.id == name)
    groups, effect = (own.reference, own.case), f"{own.case} minus {own.reference}"
    fits = tables["signatures"]
    fits = fits[(fits["contrast"] == name) & (fits["method"] == method)]
    scores = tables["scores"]
    scores = scores[(scores["signature"] == primary) & (scores["method"] == method)]
    shown = fits[(fits["signature"] == primary) & fits["compartment"].isin([contrast["compartment"], BULK])]
    shown = shown.sort_values("compartment", key=lambda names: names == BULK, kind="stable")
    split = tables["split"][tables["split"]["contrast"] == name]
    kept = fits[fits["compartment"] != UNASSIGNED]
    return {
        f"{name}_scores": Drawing(
            strip_scores(
                scores, shown, groups, title=f"{card.id}, {name}: interferon score of each patient", **rules
            ),
            scores[scores["compartment"].isin(shown["compartment"]) & scores["group"].isin(groups)],
        ),
        f"{name}_signatures": Drawing(
            heat_signatures(
                kept,
                title=f"{card.id}, {name}: signatures in every compartment",
                effect=f"SD,\n{effect}",
                **rules,
            ),
            kept,
        ),
        f"{name}_split": Drawing(
            waterfall_split(
                split,
                title=f"{card.id}, {name}: what the bulk's difference is made of",
                effect=effect,
                **rules,
            ),
            split,
        ),
    }


def compartment_levels(samples: ad.AnnData) -> pd.DataFrame:
    """Log2 counts per million of every compartment over all patients, compartments x genes."""
    chosen = ~samples.obs["compartment"].isin([BULK, UNASSIGNED]).to_numpy()
    sums = pd.DataFrame(np.asarray(samples.X)[chosen], columns=samples.var_names)
    sums = sums.groupby(samples.obs["compartment"].astype(str).to_numpy()[chosen]).sum()
    return np.log2(sums.div(sums.sum(axis=1).clip(lower=1), axis=0) * 1e6 + 1)


def cytotoxic_points(
    tables: Mapping[str, pd.DataFrame], samples: ad.AnnData
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both numbers of each patient in the stratum of most patients, and its tests."""
    tests = tables["immune"]
    whole = tests[tests["subtype"].isna()]
    stratum = (
        whole.sort_values("n_patients", ascending=False, kind="stable")["stratum"].iloc[0]
        if len(whole)
        else None
    )
    tests = tests[(tests["stratum"] == stratum) & tests["measure"].str.startswith("clr_")]
    groups = {f"clr_{kind}": (kind,) for kind in CYTOTOXIC} | {"clr_cytotoxic": CYTOTOXIC}
    measures = non_malignant_ratios(cell_counts(samples), MALIGNANT, groups)
    scores = tables["scores"]
    claim = tables["claim"].iloc[0]
    score = scores[
        (scores["compartment"] == MALIGNANT)
        & (scores["signature"] == claim["signature"])
        & (scores["method"] == claim["method"])
        & (scores["group"] == stratum)
    ]
    parts = [
        pd.DataFrame(
            {
                "measure": name,
                "patient": score["patient"],
                "subtype": score["subtype"],
                "y": score["score_raw"],
                "x": measures[name].reindex(score["patient"] + "|" + score["group"]).to_numpy(),
            }
        )
        for name in measures
    ]
    return pd.concat(parts, ignore_index=True).dropna(subset=["x", "y"]), tests

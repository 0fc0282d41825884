"""Compartments, measures and parts in words, for figures and report."""

from __future__ import annotations

COMPARTMENT_WORDS = {
    "malignant": "malignant cells",
    "epithelial_normal": "normal epithelium",
    "epithelial_uncertain": "uncertain epithelium",
    "t_cd8": "CD8 T cells",
    "t_cd4": "CD4 T cells",
    "t_other": "other T cells",
    "nk": "NK cells",
    "b": "B cells",
    "plasma": "plasma cells",
    "mast": "mast cells",
    "bulk": "all cells (bulk)",
    "marrow_progenitor": "marrow progenitors",
    "unassigned": "unassigned",
    "fibroblast": "fibroblasts",
    "pericyte": "pericytes",
    "neutrophil": "neutrophils",
    "osteoblast": "osteoblasts",
    "osteoclast": "osteoclasts",
    "erythroid": "erythroid cells",
    "endothelial": "endothelium",
}
MEASURE_WORDS = {
    "clr_nk": "NK cells (log-ratio)",
    "clr_t_cd8": "CD8 T cells (log-ratio)",
    "clr_cytotoxic": "NK and CD8 cells (log-ratio)",
    "cytotoxicity": "cytotoxic genes of NK and CD8",
}
PART_WORDS = {
    "composition": "other cells in it",
    "malignant_state": "state of malignant cells",
    "other_state": "state of the other cells",
    "total": "whole difference of the bulk",
}


def compartment_words(name: str) -> str:
    """A compartment in words."""
    return COMPARTMENT_WORDS.get(name, name)

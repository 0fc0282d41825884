"""The fixed words of single-cell data sets; light, so that the check of a card stays fast."""

from __future__ import annotations

MALIGNANT, EPITHELIAL_NORMAL, EPITHELIAL_UNCERTAIN = "malignant", "epithelial_normal", "epithelial_uncertain"
UNASSIGNED, OTHER = "unassigned", "other"
COMPARTMENTS = (
    MALIGNANT, EPITHELIAL_NORMAL, EPITHELIAL_UNCERTAIN, "fibroblast", "endothelial", "pericyte", "myeloid",
    "neutrophil", "mast", "t_cd8", "t_cd4", "t_other", "nk", "b", "plasma", "osteoblast", "osteoclast",
    "erythroid", "marrow_progenitor", OTHER, UNASSIGNED,
)  # fmt: skip
EPITHELIAL = (MALIGNANT, EPITHELIAL_NORMAL, EPITHELIAL_UNCERTAIN)
LEUKOCYTES = ("myeloid", "neutrophil", "mast", "t_cd8", "t_cd4", "t_other", "nk", "b", "plasma")
CYTOTOXIC = ("nk", "t_cd8")
BULK = "bulk"  # all cells of a patient and site together, as a bulk tumour would show them
SOURCES = ("h5ad", "tenx_h5", "tenx_mtx", "table", "simulate_cells")
SCALES = ("counts", "log1p_cp10k", "tpm")
TECHNOLOGIES = ("droplet", "full_length", "nuclei")
MALIGNANT_BY = ("labels", "markers", "markers_and_cnv")
# marker list of data/cell_markers -> compartment of a cluster that it names; T_CELL is split further
COMPARTMENT_OF = {
    "EPITHELIAL": "epithelial", "FIBROBLAST": "fibroblast", "ENDOTHELIAL": "endothelial",
    "PERICYTE": "pericyte", "MYELOID": "myeloid", "NEUTROPHIL": "neutrophil", "MAST": "mast",
    "T_CELL": "t", "NK": "nk", "B": "b", "PLASMA": "plasma", "OSTEOBLAST": "osteoblast",
    "OSTEOCLAST": "osteoclast", "ERYTHROID": "erythroid", "MARROW_PROGENITOR": "marrow_progenitor",
}  # fmt: skip
OK, TOO_FEW_PATIENTS, TOO_FEW_CELLS = "ok", "too_few_patients", "too_few_cells"
NO_COMPARTMENT, NOT_SEPARABLE, LABELS_ONLY = "no_compartment", "not_separable", "labels_only"
TOO_FEW_GENES, TOO_FEW_SETS = "too_few_genes", "too_few_data_sets"
CELL_STATUSES = (
    OK, TOO_FEW_PATIENTS, TOO_FEW_CELLS, NO_COMPARTMENT, NOT_SEPARABLE, LABELS_ONLY, "low_coverage",
    "not_available",
)  # fmt: skip
IN_TUMOUR_CELLS, NOT_IN_TUMOUR_CELLS = "in the tumour cells", "not in the tumour cells"
AMBIENT, OPPOSITE = "ambient could explain it", "contradicted in the tumour cells"
CELL_VERDICTS = (
    IN_TUMOUR_CELLS, NOT_IN_TUMOUR_CELLS, AMBIENT, OPPOSITE, "no evidence", "too little data", "not specific",
    "not judged",
)  # fmt: skip
# rules by which several data sets together speak, in the order tried
POOLED_RULES = (
    "too_few_data_sets", "not_without_unspecific", "not_without_ambient", "pooled_expected",
    "pooled_opposite", "pooled_wide", "bulk_alone", "pooled_excludes_1_sd",
)  # fmt: skip
PARTS = ("composition", "malignant_state", "other_state")
VARIANTS = (
    "main",
    "calls",
    "with_uncertain",
    "with_doublets",
    "dissociation_adjusted",
    "leave_one_patient_out",
)

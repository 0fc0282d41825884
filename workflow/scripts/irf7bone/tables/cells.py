"""The tables of one single-cell data set. Every effect is case minus reference; the unit is the patient."""

from __future__ import annotations

from irf7bone.base.cells_vocabulary import CELL_STATUSES, CELL_VERDICTS, COMPARTMENTS, PARTS, VARIANTS
from irf7bone.base.experiment_vocabulary import DIRECTIONS, MEANINGS
from irf7bone.tables.columns import METHOD, SIGNATURE, correlation, count, number, share, text
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.experiment_columns import CODE, CONTRAST, DIFFERENCE, MIN_P, SIDE

DATA_SET = text("data_set", "id of the single-cell data set")
COMPARTMENT = text("compartment", "compartment, or bulk: all cells together")
PATIENTS = (
    count("n_patients", "patients with a sample in the contrast"),
    count("n_case", "samples of the case group"),
    count("n_reference", "samples of the reference group"),
    count("n_pairs", "patients with both; NA where the contrast is unpaired", nullable=True),
)
STATUS = (
    text("status", "ok, or why there is no estimate", allowed=CELL_STATUSES),
    text("reason", "in words, where status is not ok", nullable=True),
)

OBS = Table(
    "described cells",
    key=("cell",),
    columns=(
        text("cell", "cell id, behind the sample of its file where the card gives one"),
        count("file", "number of the file in the card, from 0"),
        count("row", "row in that file, from 0"),
        text("patient", "patient of the cell"),
        text("sample", "sample of the cell"),
        text("group", "group of the cell"),
        text("batch", "batch of the cell", nullable=True),
        text("subtype", "subtype of the patient's tumour", nullable=True),
        text("label", "compartment by the authors' label", nullable=True),
    ),
)

CELL_MEASURES = Table(
    "quality of cells",
    key=("cell",),
    columns=(
        text("cell", "cell id"),
        number("total_counts", "sum of the cell's counts", low=0, nullable=False),
        count("n_genes", "genes above 0"),
        share("mito", "share of mitochondrial genes in the counts", nullable=False),
        text("failed", "rule of quality that the cell fails; NA for none", nullable=True),
    ),
)

SAMPLED_CELLS = Table(
    "sampled cells",
    key=("place",),
    columns=(
        count("place", "place of the cell among those described, from 0"),
        number("cnv", "copy-number score of the cell's pool", low=0),
        number("umap1", "first coordinate of the display map; mapped cells only"),
        number("umap2", "second coordinate"),
    ),
)

CELLS = Table(
    "cells",
    key=("cell",),
    columns=(
        text("cell", "cell id"),
        text("sample", "sample of the cell"),
        text("patient", "patient of the cell"),
        text("group", "group of the cell"),
        text("compartment", "compartment that the analysis uses; NA where quality failed", nullable=True),
        text("called_compartment", "compartment of the cell's cluster, called here", nullable=True),
        share("call_margin", "1 minus the likelihood of the second cluster over that of the cell's own"),
        number("total_counts", "sum of the cell's counts", low=0, nullable=False),
        count("n_genes", "genes above 0"),
        share("mito", "share of mitochondrial genes in the counts", nullable=False),
        text("failed", "rule of quality that the cell fails; NA for none", nullable=True),
        number("cnv", "copy-number score of the cell's pool; sampled cells only", low=0),
        number("ucell_primary", "UCell score of the primary signature; shown, never tested"),
        number(
            "mean_log_primary", "mean log1p of counts per 10,000 of its genes; shown, never tested", low=0
        ),
        Column("doublet", "flag", "has an epithelial and a white cell's programme at once"),
        Column("sampled", "flag", "is one of the cells that compartments were learnt from"),
        number("umap1", "first coordinate of the display map; mapped cells only"),
        number("umap2", "second coordinate"),
    ),
)

COMPARTMENT_TABLE = Table(
    "compartments",
    key=("patient", "group", "compartment"),
    columns=(
        DATA_SET,
        text("patient", "patient"),
        text("group", "group"),
        COMPARTMENT,
        count("n_cells", "cells that passed quality; doublets are counted in bulk only"),
        number("total", "sum of their counts, or mean tpm", low=0, nullable=False),
        share("fraction", "of the patient's and group's cells", nullable=False),
        share("fraction_non_malignant", "of those that are not malignant; NA for malignant and bulk"),
        *STATUS,
    ),
)

CALLS = Table(
    "calls",
    key=("cluster",),
    columns=(
        DATA_SET,
        count("cluster", "cluster"),
        count("n_cells", "sampled cells in it"),
        count("n_patients", "patients with 5 % of them or more"),
        share("patient_share", "share of the most frequent patient"),
        text("lineage", "what its markers say"),
        share("score", "score of the winning marker list", nullable=False),
        share("margin", "distance to the second", nullable=False),
        share("cnv_share", "share of its cells above what 95 % of held-out normal cells keep below"),
        text("compartment", "what it is called", allowed=COMPARTMENTS),
        text("reason", "by what"),
    ),
)

COPY_NUMBER = Table(
    "copy number of clusters",
    key=("cluster", "window"),
    columns=(
        count("cluster", "cluster"),
        count("window", "window of 100 genes, in the order of the genome, from 0"),
        text("chromosome", "its chromosome"),
        number("change", "mean expression against normal cells, ln; above 0 as after a gain", nullable=False),
    ),
)

CONFUSION = Table(
    "confusion",
    key=("label", "called"),
    columns=(
        DATA_SET,
        text("label", "compartment by the authors' labels"),
        text("called", "compartment called here"),
        count("n_cells", "cells"),
        number("kappa", "Cohen's kappa over all cells", low=-1, high=1),
    ),
)

CELL_QUALITY = Table(
    "cell quality",
    key=("sample",),
    columns=(
        DATA_SET,
        text("sample", "sample"),
        text("patient", "patient"),
        text("group", "group"),
        count("n_cells", "cells that the card keeps"),
        count("n_failed", "of these, failing a rule of quality"),
        count("n_doublets", "of the rest, flagged as doublets"),
        number("median_counts", "median counts of the cells that pass", low=0),
        number("median_genes", "median genes of the cells that pass", low=0),
        share("median_mito", "median share of mitochondrial counts of the cells that pass"),
        share("erythroid", "haemoglobin genes in the counts of malignant cells: ambient RNA, at least"),
        share(
            "immunoglobulin", "immunoglobulin genes in the counts of malignant cells: ambient RNA, at least"
        ),
    ),
)

CELL_SIGNATURES = Table(
    "cell signatures",
    key=("contrast", "compartment", "signature", "method"),
    columns=(
        DATA_SET,
        CONTRAST,
        COMPARTMENT,
        SIGNATURE,
        METHOD,
        *PATIENTS,
        number("difference_raw", "case minus reference, in units of the method's own score"),
        *DIFFERENCE,
        share("q", "Benjamini-Hochberg over all rows but the primary one of each contrast"),
        number("hedges_g", "difference in standard deviations within groups, without bias of small samples"),
        number("hedges_se", "its standard error", low=0),
        share("permutation_p", "two-sided p over relabellings; NA where min_p is above 0.05"),
        MIN_P,
        CODE,
        text("permutation", "exact: all relabellings; monte_carlo: a random part of them", nullable=True,
             allowed=("exact", "monte_carlo")),
        share("coverage", "share of the signature's genes that are used"),
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p"),
)  # fmt: skip

CELL_SCORES = Table(
    "cell scores",
    key=("compartment", "patient", "group", "signature", "method"),
    columns=(
        DATA_SET,
        COMPARTMENT,
        text("patient", "patient"),
        text("group", "group"),
        text("subtype", "subtype", nullable=True),
        SIGNATURE,
        METHOD,
        count("n_cells", "cells added up"),
        number("score_raw", "score as the method defines it", nullable=False),
        number("score_z", "in standard deviations over the compartment's samples", nullable=False),
    ),
)

CELL_GENES = Table(
    "cell genes",
    key=("contrast", "compartment", "gene"),
    columns=(
        DATA_SET,
        CONTRAST,
        COMPARTMENT,
        text("gene", "symbol of the data set's organism"),
        text("human", "human symbols of its orthologs, comma-separated", nullable=True),
        text("panel", "irf7 or interferon where a human ortholog is one of them", nullable=True),
        number("mean_log2", "mean expression, log2 counts per million", nullable=False),
        number("log2_fc", "log2 fold change", nullable=False),
        number("se", "its moderated standard error", low=0, nullable=False),
        number("ci_low", "lower end of its 95 % interval", nullable=False),
        number("ci_high", "upper end of its 95 % interval", nullable=False),
        share("p", "two-sided p of the moderated t", nullable=False),
        share("q", "Benjamini-Hochberg over the contrast's genes", nullable=False),
    ),
)

CELL_GENE_SETS = Table(
    "cell gene sets",
    key=("contrast", "compartment", "signature", "side"),
    columns=(
        DATA_SET,
        CONTRAST,
        COMPARTMENT,
        SIGNATURE,
        SIDE,
        count("n_genes_used", "genes tested"),
        number("mean_log2_fc", "mean log2 fold change of the genes used"),
        number("nes", "normalised enrichment score of prerank"),
        share("prerank_p", "p of prerank"),
        share("camera_p", "p of camera"),
        share("camera_q", "Benjamini-Hochberg over the contrast's sets"),
        text("status", "ok, or why not"),
        text("reason", "in words", nullable=True),
    ),
)

CELL_CLAIM = Table(
    "cell claim",
    key=("contrast",),
    columns=(
        DATA_SET,
        CONTRAST,
        COMPARTMENT,
        text("meaning", "what the contrast means for the claim", allowed=MEANINGS),
        text("expected", "what the claim expects of interferon", allowed=tuple(DIRECTIONS.values())),
        SIGNATURE,
        METHOD,
        *PATIENTS,
        *DIFFERENCE,
        share("permutation_p", "two-sided p over relabellings; NA where min_p is above 0.05"),
        MIN_P,
        share("camera_p", "p of camera for the signature"),
        share("ambient_alpha_to_null", "share of ambient RNA that would be enough; NA where 0.5 is not"),
        text("verdict_in_compartment", "what the compartment says, by the rules of experiments"),
        text("verdict_in_bulk", "what all cells together say, by the same rules", nullable=True),
        text("verdict", "what the data set says of the claim", allowed=CELL_VERDICTS),
        text("rule", "the rule that fired"),
        text("sentence", "the compartment's verdict in words"),
        *STATUS,
    ),
)

ABUNDANCE = Table(
    "cell composition",
    key=("contrast", "compartment"),
    columns=(
        DATA_SET,
        CONTRAST,
        COMPARTMENT,
        *PATIENTS,
        number("difference", "case minus reference in the centred log-ratio of cells, log2"),
        number("se", "its moderated standard error", low=0),
        number("ci_low", "lower end of its 95 % interval"),
        number("ci_high", "upper end of its 95 % interval"),
        share("p", "two-sided p of the moderated t"),
        share("q", "Benjamini-Hochberg over the contrast's compartments"),
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p"),
)

SPLIT = Table(
    "bulk split",
    key=("contrast", "part"),
    columns=(
        DATA_SET,
        CONTRAST,
        text("part", "what changed, or total: the whole difference", allowed=(*PARTS, "total")),
        count("n_patients", "patients it rests on"),
        number("difference", "part of the difference in the bulk score, case minus reference, log2"),
        number("ci_low", "lower end of the 95 % interval over patients; NA under 6 patients"),
        number("ci_high", "upper end"),
        number("share", "difference over that of total"),
        number("variance_share", "share of the variance between all samples"),
        number(
            "signal_share",
            "malignant state: mean share of malignant cells in the signature's counts",
            low=0,
            high=1,
        ),
        *STATUS,
    ),
)

CYTOTOXIC_LINK = Table(
    "tumour interferon and cytotoxic cells",
    key=("stratum", "measure"),
    columns=(
        DATA_SET,
        text("stratum", "patients: those of a group, or of a subtype within it"),
        text("group", "group of the patients' samples"),
        text("subtype", "subtype within it; NA for all", nullable=True),
        text(
            "measure",
            "centred log-ratio of cells among the non-malignant, or the cytotoxic score of their RNA",
        ),
        count("n_patients", "patients with both numbers"),
        correlation("rho", "Spearman's correlation with the malignant cells' primary score"),
        correlation("ci_low", "lower end of the 95 % interval, Fisher's z"),
        correlation("ci_high", "upper end"),
        share("p", "two-sided p over permutations of patients"),
        count("n_permutations", "permutations that p rests on", nullable=True),
        text("permutation", "exact or monte_carlo", nullable=True, allowed=("exact", "monte_carlo")),
        *STATUS,
    ),
)

ROBUSTNESS = Table(
    "cell robustness",
    key=("contrast", "variant", "left_out"),
    columns=(
        DATA_SET,
        CONTRAST,
        text("variant", "what is done otherwise", allowed=VARIANTS),
        text("left_out", "patient left out", nullable=True),
        *PATIENTS,
        *DIFFERENCE,
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p"),
)

# stem of the file in results/cells/<id>/ -> contract
CELL_TABLES: dict[str, Table] = {
    "compartments": COMPARTMENT_TABLE,
    "signatures": CELL_SIGNATURES,
    "scores": CELL_SCORES,
    "genes": CELL_GENES,
    "gene_sets": CELL_GENE_SETS,
    "claim": CELL_CLAIM,
    "composition": ABUNDANCE,
    "split": SPLIT,
    "immune": CYTOTOXIC_LINK,
    "robustness": ROBUSTNESS,
}
CALL_TABLES: dict[str, Table] = {"calls": CALLS, "confusion": CONFUSION, "quality": CELL_QUALITY}

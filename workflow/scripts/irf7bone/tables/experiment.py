"""The tables of one experiment: what each holds, for those who write and those who draw and report.

Every effect is case minus reference. All tables carry the experiment's id, so that those of several
experiments can stand below each other.
"""

from __future__ import annotations

from irf7bone.base.experiment_vocabulary import (
    BLOCK_LAYOUTS,
    DIRECTIONS,
    ENGINES,
    EXPRESSED_RULES,
    MEANINGS,
    METHODS_CODES,
    ORTHOLOGY,
)
from irf7bone.tables.columns import METHOD, SAMPLE, SIGNATURE, STATUS, count, number, share, text
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.experiment_columns import (
    CODE,
    CONTRAST,
    DIFFERENCE,
    EXPERIMENT,
    GENE,
    MIN_P,
    SIDE,
    SIZES,
)

CONTRASTS = Table(
    "experiment contrasts",
    key=("experiment", "contrast"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        text("case", "group whose level counts as plus"),
        text("reference", "group it is compared with"),
        text(
            "effect",
            "what the effect is: case minus reference; less the same of two other groups (interaction); or "
            "along a line through ordered groups",
        ),
        text("meaning", "what the contrast means for the claim", allowed=MEANINGS),
        text("expected", "what the claim expects of interferon", allowed=tuple(DIRECTIONS.values())),
        Column("paired", "flag", "case and reference are compared within pairs"),
        Column("batch", "flag", "batch is a factor of the model"),
        *SIZES,
        text("not_used", "samples of the two groups left out, with the reason; 'none'"),
        text("model", "the linear model in words"),
        text(
            "replicates",
            "where samples of one animal or culture are correlated: whether the groups lie between these, "
            "within them, or both; single: none has two samples here; NA: the card correlates nothing",
            nullable=True,
            allowed=BLOCK_LAYOUTS,
        ),
        count("n_units", "animals or cultures of the correlated samples", nullable=True),
        number(
            "unit_correlation",
            "their consensus correlation over the genes (duplicateCorrelation)",
            low=-1,
            high=1,
        ),
        text("engine", "limma; with a trend of the variance; limma-voom for counts", allowed=ENGINES),
        text(
            "expressed_rule",
            "genes tested. counts: edgeR's filterByExpr; above_floor: values above 1 and the floor in "
            "as many samples as the smaller group has; above_quantile: above the 20 % quantile of "
            "values without a floor; varies: log ratios, which have no level",
            allowed=EXPRESSED_RULES,
        ),
        share(
            "trend_explains",
            "share of the spread of variances that the level explains; NA for counts and "
            "log ratios; from 0.1 on the engine is limma-trend",
        ),
        count("n_genes", "genes tested"),
        count("n_filtered", "genes left out: not expressed by expressed_rule, or constant"),
        number("df_residual", "residual degrees of freedom of the genes' model", nullable=False, low=0),
        MIN_P,
        CODE,
        number("df_prior", "degrees of freedom the prior variance is worth; inf is written as 1e6", low=0),
        count("n_up", "genes higher in the case group at the card's FDR"),
        count("n_down", "genes lower in the case group at the card's FDR"),
        number(
            "deseq2_rank", "Spearman correlation of signed p with PyDESeq2's; NA for arrays", low=-1, high=1
        ),
    ),
)

GENES = Table(
    "experiment genes",
    key=("experiment", "contrast", "gene"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        GENE,
        text(
            "human",
            "human symbols of its orthologs, comma-separated; the gene itself for human",
            nullable=True,
        ),
        text("panel", "irf7 or interferon where a human ortholog is one of them", nullable=True),
        number("mean_log2", "mean expression over the contrast's samples, log2", nullable=False),
        number("log2_fc", "log2 fold change, case minus reference", nullable=False),
        number("se", "its moderated standard error", nullable=False, low=0),
        number("ci_low", "lower end of its 95 % interval", nullable=False),
        number("ci_high", "upper end of its 95 % interval", nullable=False),
        number(
            "log2_fc_shrunken",
            "posterior mean under a normal-mixture prior fitted to all genes",
            nullable=False,
        ),
        number("t", "moderated t", nullable=False),
        share("p", "two-sided p of the moderated t", nullable=False),
        share("q", "Benjamini-Hochberg over the contrast's genes", nullable=False),
        number("deseq2_log2_fc", "PyDESeq2's log2 fold change, counts only"),
        share("deseq2_p", "PyDESeq2's Wald p, counts only"),
        share("deseq2_q", "PyDESeq2's Benjamini-Hochberg value, counts only"),
    ),
)

PANEL = Table(
    "experiment panel",
    key=("experiment", "contrast", "human", "gene"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        text("human", "human symbol of the panel's gene"),
        text("panel", "irf7 or interferon", allowed=("irf7", "interferon")),
        text("gene", "symbol in the experiment's organism; 'none' where there is no ortholog"),
        number("log2_fc", "log2 fold change, case minus reference"),
        number("ci_low", "lower end of its 95 % interval"),
        number("ci_high", "upper end of its 95 % interval"),
        share("p", "two-sided p of the moderated t"),
        share("q", "Benjamini-Hochberg over the contrast's genes"),
        *STATUS,
    ),
    needs_when_ok=("log2_fc", "ci_low", "ci_high", "p", "q"),
)

SIGNATURES = Table(
    "experiment signatures",
    key=("experiment", "contrast", "signature", "method"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        SIGNATURE,
        METHOD,
        *SIZES,
        number("difference_raw", "case minus reference, in units of the method's own score"),
        Column("difference", "number", "case minus reference, in standard deviations of the score over the "
               "experiment's samples; se and interval are in the same unit", True),
        *DIFFERENCE[1:],
        share("q", "Benjamini-Hochberg over the experiment's rows but the primary ones"),
        number("hedges_g", "difference in standard deviations within groups, without bias of small samples"),
        number("hedges_se", "its standard error", low=0),
        share(
            "permutation_p", "two-sided p over relabellings (sign flips in pairs); NA if min_p is above 0.05"
        ),
        MIN_P,
        CODE,
        count("n_relabellings", "relabellings that p rests on", nullable=True),
        text("permutation", "exact: all relabellings; monte_carlo: a random part of them", nullable=True,
              allowed=("exact", "monte_carlo")),
        count("n_genes_used", "genes of the signature in the experiment, expressed and not constant"),
        count("n_not_expressed", "genes of the signature that are measured and left out as not expressed",
              nullable=True),
        share("coverage", "n_genes_used / genes in the signature", nullable=False),
        *STATUS,
    ),
    needs_when_ok=("difference_raw", "difference", "se", "ci_low", "ci_high", "p"),
)  # fmt: skip

SAMPLE_SCORES = Table(
    "experiment scores",
    key=("experiment", "sample", "signature", "method"),
    complete=True,
    columns=(
        EXPERIMENT,
        SAMPLE,
        text("group", "group of the sample"),
        text("pair", "pair of the sample", nullable=True),
        SIGNATURE,
        METHOD,
        number("score_raw", "score as the method defines it"),
        number("score_z", "score_raw centred and scaled to one standard deviation within the experiment"),
        *STATUS,
    ),
    needs_when_ok=("score_raw", "score_z"),
)

GENE_SETS = Table(
    "experiment gene sets",
    key=("experiment", "contrast", "signature", "side"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        SIGNATURE,
        SIDE,
        count("n_genes", "genes in this side of the signature"),
        count("n_genes_used", "of these, tested in the contrast (by human symbol)"),
        number("mean_log2_fc", "mean log2 fold change of the genes used"),
        number("es", "enrichment score: largest deviation of the running sum", low=-1, high=1),
        number("nes", "es over the mean of random sets' scores of the same sign"),
        share("prerank_p", "p of prerank: random gene sets, genes taken as independent"),
        share("prerank_fdr", "Benjamini-Hochberg over the contrast's sets"),
        number("camera_effect", "mean moderated z of the set minus that of the other genes"),
        share(
            "camera_p", "p of camera with the correlation between the set's genes estimated from residuals"
        ),
        share("camera_q", "Benjamini-Hochberg over the contrast's sets"),
        number("correlation", "that correlation", low=-1, high=1),
        share("camera_preset_p", "p of camera with limma's preset correlation of 0.01"),
        count("n_leading_edge", "genes in the leading edge", nullable=True),
        text("leading_edge", "human symbols, comma-separated, strongest first", nullable=True),
        *STATUS,
    ),
    needs_when_ok=("es", "nes", "prerank_p", "camera_p"),
)

LEADING_EDGE = Table(
    "experiment leading edge",
    key=("experiment", "contrast", "signature", "side", "human"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        SIGNATURE,
        SIDE,
        text("human", "human symbol"),
        GENE,
        count("position", "place in the contrast's ranking by moderated t, 1 = highest"),
        number("t", "moderated t", nullable=False),
        number("log2_fc", "log2 fold change", nullable=False),
        share("q", "Benjamini-Hochberg over the contrast's genes", nullable=False),
    ),
)

RUNNING = Table(
    "experiment running enrichment",
    key=("experiment", "contrast", "signature", "side", "position"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        SIGNATURE,
        SIDE,
        count("position", "place in the ranking by moderated t, 1 = highest; 0 = before the first"),
        number(
            "running",
            "running sum after this place; straight between two rows",
            nullable=False,
            low=-1,
            high=1,
        ),
        Column("hit", "flag", "the gene in this place belongs to the set"),
    ),
)

COMPOSITION = Table(
    "experiment composition",
    key=("experiment", "contrast", "marker"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        text("marker", "marker list"),
        *SIZES,
        Column(
            "difference",
            "number",
            "case minus reference in the mean log2 expression of the list's genes",
            True,
        ),
        *DIFFERENCE[1:],
        Column(
            "differs",
            "flag",
            "the interval excludes 0, the mean moves by 0.5 log2 or more, and three genes or more are used",
        ),
        count("n_genes", "genes in the list"),
        count("n_genes_used", "of these, in the experiment, not constant, and read in enough samples"),
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p"),
)

ADJUSTED = Table(
    "experiment adjusted",
    key=("experiment", "contrast", "signature", "method", "adjustment"),
    complete=True,
    columns=(
        EXPERIMENT,
        CONTRAST,
        SIGNATURE,
        METHOD,
        text("adjustment", "none, a marker list, or all of them"),
        Column("difference", "number", "case minus reference in standard deviations of the score, with the "
               "marker scores in the model", True),
        *DIFFERENCE[1:],
        number("inflation", "variance inflation: how much the adjustment blurs the contrast", low=0),
        *STATUS,
    ),
    needs_when_ok=("difference", "se", "ci_low", "ci_high", "p", "inflation"),
)  # fmt: skip

ORTHOLOGS = Table(
    "experiment ortholog coverage",
    key=("experiment", "signature"),
    columns=(
        EXPERIMENT,
        SIGNATURE,
        count("n_genes", "human genes in the signature"),
        *(
            count(kind, f"of these, measured through a {kind} ortholog (counted as one2one for human data)")
            for kind in ORTHOLOGY
        ),
        count("no_ortholog", "of these, without an ortholog in the table"),
        count("not_measured", "of these, with an ortholog that is not measured or speaks for another gene"),
        share("coverage", "share measured", nullable=False),
        text("missing", "human symbols not measured, comma-separated", nullable=True),
    ),
)

CLAIM = Table(
    "experiment claim",
    key=("experiment", "contrast"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        text("meaning", "what the contrast means for the claim", allowed=MEANINGS),
        text("expected", "what the claim expects of interferon", allowed=tuple(DIRECTIONS.values())),
        SIGNATURE,
        METHOD,
        *SIZES,
        *DIFFERENCE,
        share("permutation_p", "two-sided p over relabellings; NA where min_p is above 0.05"),
        MIN_P,
        CODE,
        share("camera_p", "p of camera for the signature"),
        text("verdict", "what the contrast says of the claim"),
        text("rule", "the rule that fired", nullable=True),
        text("sentence", "the verdict in words"),
        text(
            "composition",
            "marker lists that differ, with their difference; NA where none does",
            nullable=True,
        ),
        text("warning", "what that difference may explain; NA where nothing is to be said", nullable=True),
        text(
            "methods_code",
            "how the scoring methods disagree; NA where they agree, or there is one",
            nullable=True,
            allowed=METHODS_CODES,
        ),
        text("methods_warning", "their differences and p; NA where they agree", nullable=True),
    ),
)

DERIVED = Table(
    "derived signature",
    key=("experiment", "contrast", "gene", "human"),
    columns=(
        EXPERIMENT,
        CONTRAST,
        GENE,
        text("human", "human ortholog; 'none' where there is none"),
        text("orthology", "kind of the pair", nullable=True, allowed=ORTHOLOGY),
        number("log2_fc", "log2 fold change, case minus reference", nullable=False),
        share("q", "Benjamini-Hochberg over the contrast's genes", nullable=False),
        Column("listed", "flag", "is in the user's gene list; True where there is no list"),
        Column("used", "flag", "its human ortholog is in the signature"),
        text("why_not", "why it is not", nullable=True),
    ),
)

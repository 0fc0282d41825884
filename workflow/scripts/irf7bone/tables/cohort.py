"""Tables of one cohort before any outcome: its patient flow, endpoints, sample quality, scores."""

from __future__ import annotations

from irf7bone.base.vocabulary import (
    BETTER,
    COLLAPSE_OTHERWISE,
    ENDPOINTS,
    IDENTITIES,
    NEAREST,
    PROBE_DECISIONS,
    ROLES,
)
from irf7bone.tables.columns import COHORT, METHOD, SAMPLE, SIGNATURE, STATUS, count, number, share, text
from irf7bone.tables.contract import Column, Table

FLOW = Table(
    "patient flow",
    key=("cohort", "step", "reason"),
    columns=(
        COHORT,
        count("step", "order of the step, 0 = what the source holds"),
        text("stage", "what the step does, in words"),
        text("reason", "why samples were lost at this step, or 'none'"),
        count("n_dropped", "samples lost"),
        count("n_left", "samples left after the step"),
        text("dropped", "ids of the samples lost, comma-separated", nullable=True),
    ),
)

COHORTS = Table(
    "cohorts.tsv",
    key=("cohort", "endpoint"),
    columns=(
        COHORT,
        text("title", "title of the cohort card"),
        text("role", "discovery, validation or simulated", allowed=ROLES),
        text(
            "selected_on_outcome",
            "whether all patients were chosen for having the event, as the card says; NA where it says "
            "neither",
            nullable=True,
            allowed=("true", "false"),
        ),
        text("platform", "platform as the card states it", nullable=True),
        count("samples_in_file", "samples that any source of the card names"),
        text("dropped", "reason=count for every loss, semicolon-separated; 'none' where nothing was lost"),
        count("n", "samples in the cohort file"),
        count("genes", "genes in the cohort file"),
        text("remarks", "what to know of the expression values; NA where nothing", nullable=True),
        text("endpoint", "endpoint", allowed=ENDPOINTS, nullable=True),
        text("definition", "what the endpoint is, in the card's words", nullable=True),
        text(
            "sampled_by_outcome",
            "who was chosen, in the card's words, where patients were chosen by this endpoint",
            nullable=True,
        ),
        count("n_endpoint", "samples with time and event", nullable=True),
        count("n_events", "events", nullable=True),
        count("n_competing", "competing events", nullable=True),
        number("median_followup_months", "reverse Kaplan-Meier median follow-up, months", low=0),
    ),
)

QC = Table(
    "sample quality",
    key=("cohort", "sample"),
    columns=(
        COHORT,
        SAMPLE,
        text("batch", "batch or platform of the sample, where the card names a column of it", nullable=True),
        number("median_log2", "median expression of the sample, log2", nullable=False),
        number("iqr_log2", "interquartile range of the sample, log2", nullable=False),
        number("pc1", "first principal component score", nullable=False),
        number("pc2", "second principal component score", nullable=False),
        number("pc1_variance", "share of variance of the first component", nullable=False, low=0, high=1),
        number("pc2_variance", "share of variance of the second component", nullable=False, low=0, high=1),
        number(
            "correlation",
            "median Spearman correlation with the other samples",
            nullable=False,
            low=-1,
            high=1,
        ),
        number(
            "filled",
            "share of genes at the sample's commonest value; 0 where that is its lowest (background)",
            nullable=False,
            low=0,
            high=1,
        ),
        Column(
            "outlier",
            "flag",
            "breaks a rule of quality control (the reason says which); stays unless the card drops by it",
        ),
        text("reason", "the rule that made the sample an outlier", nullable=True),
    ),
)

AGREEMENT = Table(
    "signature agreement",
    key=("cohort", "signature", "reference"),
    columns=(
        COHORT,
        SIGNATURE,
        text("reference", "real cohort in which the measured part is compared with the whole"),
        count("n_genes", "genes in the signature"),
        count("n_part", "of these, measured in the cohort and in the reference"),
        count("n_whole", "of these, measured in the reference"),
        number(
            "correlation",
            "Pearson correlation of the combined z-scores of part and whole over the reference's samples",
            low=-1,
            high=1,
        ),
        text(
            "status", "ok, or not_available where the reference cannot tell", allowed=("ok", "not_available")
        ),
        text("reason", "why it cannot", nullable=True),
    ),
    needs_when_ok=("correlation",),
)

COVERAGE = Table(
    "signature coverage",
    key=("cohort", "signature"),
    columns=(
        COHORT,
        SIGNATURE,
        count("n_genes", "genes in the signature"),
        count("n_genes_used", "of these, in the cohort and not constant"),
        number("coverage", "n_genes_used / n_genes", nullable=False, low=0, high=1),
        number(
            "agreement",
            "smallest correlation of the score of these genes with that of all measured ones, over the other "
            "real cohorts that measure most of the signature (agreement.tsv); NA where none does",
            low=-1,
            high=1,
        ),
        text("agreement_least_in", "the cohort with that correlation", nullable=True),
        text("agreement_cohorts", "all cohorts behind it, comma-separated", nullable=True),
        text("missing", "genes not used, comma-separated", nullable=True),
        text(
            "discordant",
            "genes that do not correlate with their companions here (genes.tsv), comma-separated; they are "
            "used, but for a "
            "gene that is a signature by itself and not_measured",
            nullable=True,
        ),
        text(
            "status",
            "ok, low_coverage, not_measured where the one gene's row is another's, or not_available "
            "where a derived "
            "signature must not be tested",
            allowed=("ok", "low_coverage", "not_measured", "not_available"),
        ),
        text("reason", "in words, where status is not ok", nullable=True),
    ),
)

GENE_IDENTITY = Table(
    "gene identity",
    key=("cohort", "gene"),
    columns=(
        COHORT,
        text("gene", "gene of a selected signature that is measured and varies"),
        text("source_ids", "ids of the source's rows behind it, semicolon-separated", nullable=True),
        Column("alone", "flag", "whether it is a signature by itself"),
        count("n_signatures", "selected signatures that hold it"),
        count("n_companions", "genes that it should follow and that go together here", nullable=True),
        number("cohesion", "mean Pearson correlation of their pairs", low=-1, high=1),
        number("correlation", "of the gene with the mean of their z-scores", low=-1, high=1),
        number("upper_99", "one-sided upper 99 % limit of correlation", low=-1, high=1),
        share("closer", "share of the genes that no set names beside it that correlate with them as closely"),
        text(
            "nearest",
            f"the {NEAREST} genes that the row correlates with most closely, for a discordant gene that is a "
            "signature",
            nullable=True,
        ),
        number("nearest_correlation", "mean of their correlations with the row", low=-1, high=1),
        number(
            "nearest_by_chance", "99 % quantile of the same for permuted copies of the row", low=-1, high=1
        ),
        count("nearest_companions", "how many of them are companions of the gene", nullable=True),
        number(
            "nearest_with_companions", "correlation of their mean with that of the companions", low=-1, high=1
        ),
        share("spread", "share of the cohort's genes that vary no more than the row"),
        text(
            "identity",
            "follows its companions; discordant: no closer to them than other genes are; not_measured: "
            "the row is "
            "another's; not_told: no companions to ask",
            allowed=IDENTITIES,
        ),
        text("reason", "the evidence in words, where identity is not follows", nullable=True),
    ),
)

PROBES = Table(
    "probes",
    key=("cohort", "gene", "row"),
    columns=(
        COHORT,
        text("gene", "gene that several rows of the source measure"),
        Column("row", "integer", "one of these rows, in the order of the source, from 1", low=1),
        text("probe", "its id, which may be that of another one"),
        Column("by_rule", "flag", f"whether {COLLAPSE_OTHERWISE} would let it stand for the gene"),
        Column("chosen", "flag", "whether it does"),
        count("n_companions", "genes that the gene should follow and that go together here", nullable=True),
        number("cohesion", "mean Pearson correlation of their pairs", low=-1, high=1),
        number("correlation", "of the row with the mean of their z-scores", low=-1, high=1),
        share("closer", "share of the genes that no set names beside it that correlate with them as closely"),
        share(
            "p",
            f"one-sided p that the row follows them no better than that of {COLLAPSE_OTHERWISE}, times the "
            "rows that could take its place",
        ),
        text(
            "decision",
            f"of the gene; replaced: another row than {COLLAPSE_OTHERWISE}'s follows the companions and does "
            f"so better, p below {BETTER}; confirmed: that rule's row follows them and no other has a higher "
            "correlation; unclear: neither; not_told: no companions to ask",
            allowed=PROBE_DECISIONS,
        ),
        *STATUS,
    ),
)

SUBTYPES = Table(
    "subtypes",
    key=("cohort", "sample"),
    columns=(
        COHORT,
        SAMPLE,
        text("subtype", "subtype called from expression: that of the nearest centroid", nullable=True),
        number("correlation", "Spearman correlation with its centroid", -1, 1),
        text("runner_up", "subtype of the second nearest centroid", nullable=True),
        number("margin", "how much less the correlation with that one is", 0, 2),
        count("n_genes", "genes of the centroids that are measured and vary"),
        *STATUS,
    ),
)

SCORES = Table(
    "scores",
    key=("sample", "signature", "method"),
    columns=(
        SAMPLE,
        SIGNATURE,
        METHOD,
        number("score_raw", "score as the method defines it"),
        number("score_z", "score_raw centred and scaled to one standard deviation within the cohort"),
        count("n_genes_used", "genes of the signature in the cohort and not constant"),
        number("coverage", "n_genes_used / genes in the signature", nullable=False, low=0, high=1),
        *STATUS,
    ),
    needs_when_ok=("score_raw", "score_z"),
)

_KEY = tuple(column for column in COVERAGE.columns if column.name in COVERAGE.key)

_COVERAGE = tuple(
    column for column in COVERAGE.columns if column.name in ("n_genes", "n_genes_used", "coverage")
)

SIGNATURE_QUALITY = Table(
    "signature_quality.tsv",
    key=COVERAGE.key,
    columns=(
        *_KEY,
        *_COVERAGE,
        share(
            "median_decile",
            "median over the measured members of their decile of mean expression; NA for log ratios to a "
            "reference, which are no level",
            1,
            10,
        ),
        share("share_low_expressed", "share of measured members in the lowest quarter of it; NA likewise"),
        share("share_low_variance", "share of measured members in the lowest quarter of their spread (SD)"),
        share("mean_correlation", "mean Spearman correlation of member pairs, down genes reversed", -1),
        share("background_correlation", "the same over all pairs of genes of the cohort that vary", -1),
        share("pc1_share", "share of the members' variance in their first principal component"),
        share("mean_median", "Spearman correlation of mean and median of the members' z-scores", -1),
        share("mean_pc1", "Spearman correlation of mean and first component", -1),
        share("median_pc1", "Spearman correlation of median and first component", -1),
        share("irf7_correlation", "Spearman correlation of IRF7 with the mean of the other members", -1),
        *STATUS,
    ),
    needs_when_ok=(
        "share_low_variance", "mean_correlation", "background_correlation", "pc1_share", "mean_median",
        "mean_pc1", "median_pc1",
    ),
)  # fmt: skip

MARKERS = Table(
    "clinical data against expression",
    key=("cohort", "fact", "gene"),
    columns=(
        COHORT,
        text("fact", "what the clinical data say", allowed=("er", "pr", "her2", "sex", "grade")),
        text("gene", "gene that knows it as well; for grade the mean of proliferation genes"),
        text(
            "measure",
            "auc: area under the ROC curve, 0.5 by chance; spearman: rank correlation, 0 by chance",
            allowed=("auc", "spearman"),
        ),
        count("n", "samples with the fact and the gene", nullable=True),
        count("n_high", "of these, positive (for sex: female)", nullable=True),
        number("agreement", "the measure", -1, 1),
        number("low", "its one-sided 99 % limit below", -1, 1),
        number("high", "its one-sided 99 % limit above", -1, 1),
        number("least", "a cohort whose limit above is less is refused", -1, 1, nullable=False),
        text(
            "status",
            "agrees (surely at least `least`), disagrees (surely below it), weak (neither: few samples, a "
            "weak probe, or part of the rows mixed up), not_available",
            allowed=("agrees", "weak", "disagrees", "not_available"),
        ),
        text("reason", "why it is not available, or what the card says of a disagreement", nullable=True),
        text(
            "exchanged",
            "two samples whose records fit each other's genes far better than their own, where the facts "
            "name one pair: labels exchanged? Nothing is changed for it",
            nullable=True,
        ),
    ),
)

DUPLICATE_STATUSES = ("same", "copy", "contradicted", "possible", "none", "not_compared")

EVIDENCE = (
    "id", "profile", "clinical", "id and profile", "id and clinical", "profile and clinical",
    "id, profile and clinical",
)  # fmt: skip

DUPLICATES = Table(
    "duplicates.tsv",
    key=("cohort", "other_cohort", "sample", "other_sample"),
    columns=(
        COHORT,
        text("other_cohort", "cohort that it is compared with; itself for samples within it"),
        text("sample", "sample of the first cohort, where one was found", nullable=True),
        text("other_sample", "sample of the other", nullable=True),
        text(
            "evidence",
            "what brings them together: id, profile, clinical data",
            nullable=True,
            allowed=EVIDENCE,
        ),
        number(
            "correlation",
            "of the two profiles once the patterns are taken out that many samples share, or the largest of "
            "the pair of cohorts",
            -1,
            1,
        ),
        number("margin", "its lead over the best other partner of either, Fisher z"),
        text("facts", "clinical facts in which the two agree, or cannot be one patient", nullable=True),
        count("n_genes", "genes that both cohorts have"),
        count(
            "effective_genes",
            "independent genes that would spread the correlations of different tumours as much",
            nullable=True,
        ),
        number("needed", "lead from which a pair stands out in these two cohorts, Fisher z", 0),
        text(
            "status",
            "same (ids and profiles agree, or ids where profiles cannot tell), copy (profiles agree, ids "
            "differ), contradicted (ids agree, profiles do not), possible (something speaks for one patient "
            "and something against), none, or not_compared (by profile; the rest always is)",
            allowed=DUPLICATE_STATUSES,
        ),
        text("reason", "what to do, or why profiles were not compared", nullable=True),
    ),
)

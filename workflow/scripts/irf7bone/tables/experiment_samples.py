"""The tables of an experiment's samples: their quality, and how far apart they are."""

from __future__ import annotations

from irf7bone.tables.columns import SAMPLE, count, number, share, text
from irf7bone.tables.contract import Column, Table
from irf7bone.tables.experiment_columns import EXPERIMENT

QUALITY = Table(
    "experiment quality",
    key=("experiment", "sample"),
    columns=(
        EXPERIMENT,
        SAMPLE,
        text("group", "group of the sample"),
        text("pair", "pair of the sample", nullable=True),
        text("batch", "batch of the sample", nullable=True),
        count("library_size", "sum of the counts; NA for arrays", nullable=True),
        count("genes_detected", "genes with a count above 0; NA for arrays", nullable=True),
        number("median_log2", "median expression, log2", nullable=False),
        number("iqr_log2", "interquartile range, log2", nullable=False),
        number("pc1", "first principal component score", nullable=False),
        number("pc2", "second principal component score", nullable=False),
        share("pc1_variance", "share of variance of the first component", nullable=False),
        share("pc2_variance", "share of variance of the second component", nullable=False),
        number(
            "correlation",
            "median Spearman correlation with the other samples",
            nullable=False,
            low=-1,
            high=1,
        ),
        count("leaf", "place of the sample in the clustering by distance, 1 = first"),
        Column(
            "outlier", "flag", "fails a rule of quality control (the reason says which); never dropped for it"
        ),
        text("reason", "the rule that made the sample an outlier", nullable=True),
    ),
)

DISTANCES = Table(
    "experiment sample distances",
    key=("experiment", "sample", "other"),
    columns=(
        EXPERIMENT,
        SAMPLE,
        text("other", "sample it is compared with"),
        number(
            "distance",
            "root mean square log2 difference over the 2,000 most variable genes",
            nullable=False,
            low=0,
        ),
    ),
)

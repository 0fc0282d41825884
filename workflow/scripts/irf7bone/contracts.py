"""The tables that pass between stages: one object checks each on write and on read.

Tables are tab-separated UTF-8 with ``NA`` for missing (or Parquet where the name says so); ids are
always text. A violation is never repaired here: all of them are raised together.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from irf7bone.errors import Problem, Problems
from irf7bone.words import ENDPOINTS, ROLES, STATUSES

Kind = Literal["text", "integer", "number", "flag"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it may be missing, its range and what it means."""

    name: str
    kind: Kind
    doc: str
    nullable: bool = False
    low: float = -np.inf
    high: float = np.inf
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The contract of one table.

    Args:
        name: What the table is called in messages and in docs/outputs.md.
        key: Columns that together name a row once.
        columns: All columns, in file order; no others are allowed.
        needs_when_ok: Columns that must hold a number wherever ``status`` is ``ok``, and be missing
            wherever it is not, so that a failed fit can never carry an estimate.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    needs_when_ok: tuple[str, ...] = ()
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})

    @property
    def names(self) -> list[str]:
        """Column names in file order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """A table with no rows and the right columns."""
        return self.cast(pd.DataFrame({name: [] for name in self.names}))

    def cast(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put columns in order and give them the contract's types (text, Int64, float64, bool)."""
        out = {}
        for column in self.columns:
            if column.name not in frame:
                continue
            values = frame[column.name]
            if column.kind == "text":
                out[column.name] = values.astype("object").where(values.notna(), None)
            elif column.kind == "integer":
                out[column.name] = pd.to_numeric(values).astype("Int64")
            elif column.kind == "number":
                # not pd.to_numeric, which is off by one in the last digit of some texts
                out[column.name] = values.astype("float64")
            else:
                out[column.name] = values.astype("bool")
        return pd.DataFrame(out)

    def check(self, frame: pd.DataFrame, where: str) -> None:
        """Raise :class:`InputError` naming every violation found in ``frame``."""
        problems = Problems()
        missing = [name for name in self.names if name not in frame.columns]
        extra = [name for name in frame.columns if name not in self._by_name]
        if missing or extra:
            problems.add(
                where,
                expected=f"the columns of {self.name}: {', '.join(self.names)}",
                found=f"missing {missing or 'none'}, unknown {extra or 'none'}",
                remedy="write the table through its contract",
            )
            problems.raise_if_any()
        for column in self.columns:
            problems.extend(_violations(column, frame[column.name], f"{where}, {column.name}"))
        duplicated = frame.duplicated(list(self.key))
        if duplicated.any():
            problems.add(
                f"{where}, {' x '.join(self.key)}",
                expected="one row for each combination",
                found=f"{int(duplicated.sum())} repeated",
                remedy="write each planned result once",
                offenders=[
                    " / ".join(map(str, row)) for row in frame.loc[duplicated, list(self.key)].to_numpy()
                ],
            )
        if self.needs_when_ok:
            problems.extend(self._status_violations(frame, where))
        problems.raise_if_any()

    def _status_violations(self, frame: pd.DataFrame, where: str) -> list[Problem]:
        problems = Problems()
        ok = frame["status"] == "ok"
        for name in self.needs_when_ok:
            finite = np.isfinite(pd.to_numeric(frame[name]).astype("float64"))
            for wrong, expected in ((ok & ~finite, "a finite number where status is ok"),
                                    (~ok & finite, "NA where status is not ok")):  # fmt: skip
                if wrong.any():
                    problems.add(
                        f"{where}, {name}",
                        expected=expected,
                        found=f"{int(wrong.sum())} rows otherwise",
                        remedy="give the row the status that says what happened",
                        offenders=[
                            " / ".join(map(str, row)) for row in frame.loc[wrong, list(self.key)].to_numpy()
                        ],
                    )
        unexplained = ~ok & frame["reason"].isna()
        if unexplained.any():
            problems.add(
                f"{where}, reason",
                expected="a reason wherever status is not ok",
                found=f"{int(unexplained.sum())} rows without",
                remedy="say why there is no estimate",
            )
        return problems.found

    def write(self, frame: pd.DataFrame, path: str | Path) -> None:
        """Check ``frame`` and write it whole or not at all, as its name says: ``.tsv`` or ``.parquet``."""
        path = Path(path)
        frame = self.cast(frame)
        self.check(frame, str(path))
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(path.name + ".partial")
        if path.suffix == ".parquet":
            frame.to_parquet(partial, index=False)
        else:
            frame.to_csv(partial, sep="\t", index=False, na_rep="NA", lineterminator="\n", encoding="utf-8")
        os.replace(partial, path)

    def read(self, path: str | Path) -> pd.DataFrame:
        """Read and check a table; ids stay text, whatever they look like."""
        path = Path(path)
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8")
            for column in self.columns:
                if column.name in frame and (column.nullable or column.kind in ("integer", "number")):
                    values = frame[column.name]
                    frame[column.name] = values.astype("object").where(values != "NA", None)
                if column.kind == "flag" and column.name in frame:
                    frame[column.name] = frame[column.name] == "True"
        frame = self.cast(frame)
        self.check(frame, str(path))
        return frame


def _violations(column: Column, values: pd.Series, where: str) -> list[Problem]:
    problems = Problems()
    missing = values.isna()
    if missing.any() and not column.nullable:
        problems.add(
            where,
            expected="a value in every row",
            found=f"{int(missing.sum())} missing",
            remedy="leave no planned result without a value or a status",
            offenders=values.index[missing].tolist(),
        )
    if column.allowed:
        wrong = ~missing & ~values.isin(column.allowed)
        if wrong.any():
            problems.add(
                where,
                expected=f"one of {', '.join(column.allowed)}",
                found=f"{int(wrong.sum())} other values",
                remedy="use the words of docs/outputs.md",
                offenders=values[wrong].unique().tolist(),
            )
    if column.kind in ("integer", "number"):
        numbers = values.astype("float64")
        wrong = ~missing & ~((numbers >= column.low) & (numbers <= column.high))
        if wrong.any():
            problems.add(
                where,
                expected=f"a number between {column.low:g} and {column.high:g}",
                found=f"{int(wrong.sum())} outside",
                remedy="an impossible value is a defect: report it",
                offenders=values[wrong].tolist(),
            )
    return problems.found


def _text(name: str, doc: str, **rules) -> Column:
    return Column(name, "text", doc, **rules)


def _count(name: str, doc: str, **rules) -> Column:
    return Column(name, "integer", doc, low=0, **rules)


def _number(name: str, doc: str, **rules) -> Column:
    return Column(name, "number", doc, **{"nullable": True, **rules})


_STATUS = (
    _text("status", "ok, or why there is no estimate", allowed=STATUSES),
    _text("reason", "in words, where status is not ok", nullable=True),
)
_ESTIMATE = (
    _number("log_hr", "log hazard ratio for one standard deviation more score within the cohort"),
    _number("se", "standard error of log_hr", low=0),
    _number("ci_low", "lower end of the 95 % interval, log hazard ratio"),
    _number("ci_high", "upper end of the 95 % interval, log hazard ratio"),
    _number("p", "two-sided p value", low=0, high=1),
)
_SIGNATURE = _text("signature", "signature name")
_METHOD = _text("method", "scoring method")
_ENDPOINT = _text("endpoint", "endpoint", allowed=ENDPOINTS)
_COHORT = _text("cohort", "cohort id")
_SAMPLE = _text("sample", "sample id as in the cohort file")

FLOW = Table(
    "patient flow",
    key=("cohort", "step", "reason"),
    columns=(
        _COHORT,
        _count("step", "order of the step, 0 = what the source holds"),
        _text("stage", "what the step does, in words"),
        _text("reason", "why samples were lost at this step, or 'none'"),
        _count("n_dropped", "samples lost"),
        _count("n_left", "samples left after the step"),
        _text("dropped", "ids of the samples lost, comma-separated", nullable=True),
    ),
)

COHORTS = Table(
    "cohorts.tsv",
    key=("cohort", "endpoint"),
    columns=(
        _COHORT,
        _text("title", "title of the cohort card"),
        _text("role", "discovery, validation or simulated", allowed=ROLES),
        _text("platform", "platform as the card states it", nullable=True),
        _count("samples_in_file", "samples that any source of the card names"),
        _text("dropped", "reason=count for every loss, semicolon-separated; 'none' where nothing was lost"),
        _count("n", "samples in the cohort file"),
        _count("genes", "genes in the cohort file"),
        _text("endpoint", "endpoint", allowed=ENDPOINTS, nullable=True),
        _text("definition", "what the endpoint is, in the card's words", nullable=True),
        _count("n_endpoint", "samples with time and event", nullable=True),
        _count("n_events", "events", nullable=True),
        _count("n_competing", "competing events", nullable=True),
        _number("median_followup_months", "reverse Kaplan-Meier median follow-up, months", low=0),
    ),
)

QC = Table(
    "sample quality",
    key=("cohort", "sample"),
    columns=(
        _COHORT,
        _SAMPLE,
        _text("batch", "batch or platform of the sample, where the card names a column of it", nullable=True),
        _number("median_log2", "median expression of the sample, log2", nullable=False),
        _number("iqr_log2", "interquartile range of the sample, log2", nullable=False),
        _number("pc1", "first principal component score", nullable=False),
        _number("pc2", "second principal component score", nullable=False),
        _number("pc1_variance", "share of variance of the first component", nullable=False, low=0, high=1),
        _number("pc2_variance", "share of variance of the second component", nullable=False, low=0, high=1),
        _number(
            "correlation",
            "median Spearman correlation with the other samples",
            nullable=False,
            low=-1,
            high=1,
        ),
        _number(
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
        _text("reason", "the rule that made the sample an outlier", nullable=True),
    ),
)

COVERAGE = Table(
    "signature coverage",
    key=("cohort", "signature"),
    columns=(
        _COHORT,
        _SIGNATURE,
        _count("n_genes", "genes in the signature"),
        _count("n_genes_used", "of these, in the cohort and not constant"),
        _number("coverage", "n_genes_used / n_genes", nullable=False, low=0, high=1),
        _text("missing", "genes not used, comma-separated", nullable=True),
        _text(
            "status",
            "ok, low_coverage, or not_available where a derived signature must not be tested",
            allowed=("ok", "low_coverage", "not_available"),
        ),
        _text("reason", "in words, where status is not ok", nullable=True),
    ),
)

SCORES = Table(
    "scores",
    key=("sample", "signature", "method"),
    columns=(
        _SAMPLE,
        _SIGNATURE,
        _METHOD,
        _number("score_raw", "score as the method defines it"),
        _number("score_z", "score_raw centred and scaled to one standard deviation within the cohort"),
        _count("n_genes_used", "genes of the signature in the cohort and not constant"),
        _number("coverage", "n_genes_used / genes in the signature", nullable=False, low=0, high=1),
        *_STATUS,
    ),
    needs_when_ok=("score_raw", "score_z"),
)

ASSOCIATIONS = Table(
    "associations.tsv",
    key=("cohort", "signature", "method", "endpoint", "model"),
    columns=(
        _COHORT,
        _SIGNATURE,
        _METHOD,
        _ENDPOINT,
        _text("model", "crude, proliferation, clinical or full"),
        _count("n", "samples in the fit", nullable=True),
        _count("n_events", "events in the fit", nullable=True),
        *_ESTIMATE,
        _number(
            "c_index", "Harrell's C of the score alone for a longer time without the event", low=0, high=1
        ),
        _number("c_index_low", "lower end of its 95 % interval", low=0, high=1),
        _number("c_index_high", "upper end of its 95 % interval", low=0, high=1),
        _number("ph_p", "proportional hazards: score test p for the score", low=0, high=1),
        _number("null_percentile", "share of matched random signatures with a smaller log_hr", low=0, high=1),
        _number("null_p", "two-sided empirical p against the random signatures", low=0, high=1),
        _text("covariates", "what the model adjusts for, comma-separated; 'none' for crude", nullable=True),
        _text(
            "estimator",
            "cox, or firth (penalised, profile-likelihood interval and p) below 10 events per parameter",
            nullable=True,
            allowed=("cox", "firth"),
        ),
        *_STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p"),
)

CURVES = Table(
    "curves",
    key=("cohort", "signature", "method", "endpoint", "group", "time_months"),
    columns=(
        _COHORT,
        _SIGNATURE,
        _METHOD,
        _ENDPOINT,
        _text("kind", "event_free or cumulative_incidence", allowed=("event_free", "cumulative_incidence")),
        _text("group", "tertile of the score", allowed=("low", "middle", "high")),
        _number("time_months", "months", nullable=False, low=0),
        _number(
            "estimate",
            "Kaplan-Meier event-free share or Aalen-Johansen incidence",
            nullable=False,
            low=0,
            high=1,
        ),
        _number("ci_low", "lower end of its pointwise 95 % interval", low=0, high=1),
        _number("ci_high", "upper end of its pointwise 95 % interval", low=0, high=1),
        _count("n_at_risk", "samples at risk just before this time"),
        _count("n_events", "events up to and at this time"),
    ),
)

POOLED = Table(
    "pooled.tsv",
    key=("signature", "method", "endpoint", "model"),
    columns=(
        _SIGNATURE,
        _METHOD,
        _ENDPOINT,
        _text("model", "crude, proliferation, clinical or full"),
        _count("k", "real cohorts with an estimate"),
        _count("n", "samples in these"),
        _count("n_events", "events in these"),
        *_ESTIMATE,
        _number("q", "Benjamini-Hochberg over every pooled result but the primary one", low=0, high=1),
        _number("tau2", "between-cohort variance of log_hr, REML", low=0),
        _number("i2", "share of variance that is between cohorts, percent", low=0, high=100),
        _number("pi_low", "lower end of the 95 % prediction interval, log hazard ratio"),
        _number("pi_high", "upper end of the 95 % prediction interval, log hazard ratio"),
        _number("loo_low", "smallest pooled log_hr when one cohort is left out"),
        _number("loo_high", "largest pooled log_hr when one cohort is left out"),
        *_STATUS,
    ),
    needs_when_ok=("log_hr", "se", "ci_low", "ci_high", "p"),
)

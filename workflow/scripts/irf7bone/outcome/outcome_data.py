"""What the models and curves take from a cohort: follow-up of one endpoint, scores as a matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem


@dataclass(frozen=True)
class FollowUp:
    """Follow-up of one endpoint for every sample of the cohort, shapes (n,).

    Args:
        time: Months, NaN where unknown.
        event: 1 for the event, 0 for anything else that ended the follow-up, NaN where unknown.
        competing: True where a competing event ended it.
        entry: Months from which a sample is at risk, 0 where from the start; None where that is all of them.
    """

    time: np.ndarray
    event: np.ndarray
    competing: np.ndarray
    entry: np.ndarray | None = None

    def entry_of(self, used: np.ndarray) -> np.ndarray | None:
        """``entry`` of some samples, a mask or positions."""
        return None if self.entry is None else self.entry[used]

    @property
    def known(self) -> np.ndarray:
        """Samples that have this endpoint, shape (n,)."""
        return np.isfinite(self.time) & np.isfinite(self.event)

    @property
    def cause(self) -> np.ndarray:
        """0 censored, 1 event, 2 competing event; meaningful where known."""
        return np.where(self.event == 1, 1, np.where(self.competing, 2, 0))


def follow_up(obs: pd.DataFrame, endpoint: str) -> FollowUp | None:
    """Follow-up of ``endpoint``, or None where the cohort does not have it (no column, or no value)."""
    if f"{endpoint}_time_months" not in obs or f"{endpoint}_event" not in obs:
        return None
    columns = [f"{endpoint}_time_months", f"{endpoint}_event"]
    time, event = (pd.to_numeric(obs[name]).to_numpy(dtype=float, na_value=np.nan) for name in columns)
    competing = np.zeros(time.size, dtype=bool)
    if f"{endpoint}_competing" in obs:
        competing = pd.to_numeric(obs[f"{endpoint}_competing"]).to_numpy(dtype=float, na_value=0.0) == 1
    entry = None
    if f"{endpoint}_entry_months" in obs:
        entry = pd.to_numeric(obs[f"{endpoint}_entry_months"]).to_numpy(dtype=float, na_value=np.nan)
    found = FollowUp(time, event, competing & (event != 1), entry)
    return found if found.known.any() else None


@dataclass(frozen=True)
class ScoreMatrix:
    """Scores of a cohort, one row for each signature x method.

    Args:
        keys: (signature, method), m of them, in the order of the table.
        values: score_z, shape (m, n), NaN where the score is not ok.
        status: ok where any sample has a score, else the first status of the table, shape (m,).
        reason: Why not ok, None where ok, shape (m,).
    """

    keys: list[tuple[str, str]]
    values: np.ndarray
    status: list[str]
    reason: list[str | None]

    def row(self, signature: str, method: str) -> int | None:
        """Position of one score, or None."""
        return self.keys.index((signature, method)) if (signature, method) in self.keys else None


def score_matrix(scores: pd.DataFrame, samples: pd.Index, cohort: str) -> ScoreMatrix:
    """Arrange a score table by the samples of the cohort.

    Raises:
        InputError: The table names samples that the cohort does not have.
    """
    position = pd.Index(samples).get_indexer(scores["sample"])
    if (position < 0).any():
        raise InputError(
            Problem(
                f"scores of {cohort}, sample",
                expected="samples of the cohort",
                found=f"{scores['sample'][position < 0].nunique()} others",
                remedy="score the cohort again: its file has changed since",
                offenders=scores["sample"][position < 0].unique().tolist(),
            )
        )
    keys, values, status, reason = [], [], [], []
    ordered = scores.assign(_position=position)
    for key, part in ordered.groupby(["signature", "method"], sort=False, observed=True):
        row = np.full(len(samples), np.nan)
        ok = (part["status"] == "ok").to_numpy()
        row[part["_position"].to_numpy()[ok]] = part["score_z"].to_numpy(dtype=float)[ok]
        keys.append((str(key[0]), str(key[1])))
        values.append(row)
        status.append("ok" if ok.any() else str(part["status"].iloc[0]))
        reason.append(None if ok.any() else str(part["reason"].iloc[0]))
    return ScoreMatrix(keys, np.array(values).reshape(len(keys), len(samples)), status, reason)

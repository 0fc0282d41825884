"""Who is at risk at each event, and sums over these people for many fits at once.

Every quantity of the Cox partial likelihood is a sum over risk sets. Rows sorted by falling time make
each risk set a prefix, so one sparse product and one cumulative sum give all of them for a whole block
of fits (columns). Ties follow Efron (1977, JASA 72:557): the k-th of d tied events sees the risk set
less k/d of those who fail at that time.

Delayed entry: a sample is at risk over (entry, time]. On the way down in time it joins the risk sets at its
own time and leaves them at its entry: a second row of it, with the opposite sign.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy import sparse

RiskSums = Callable[[np.ndarray], np.ndarray]


class RiskSets:
    """Risk sets of right-censored data, in strata.

    Rows that are never at risk when an event happens carry no information and are left out.

    Args:
        time: Follow-up, shape (n,).
        event: 1 where the follow-up ended with the event, shape (n,).
        strata: Codes of strata, shape (n,), or None for one stratum.
        entry: Time from which a sample is at risk, shape (n,), or None where all are from the start. An
            event at a sample's entry does not see it.
        efron: Whether ties follow Efron; else Breslow, where each of d tied events sees the whole risk set.

    Attributes:
        sign: 1 for a row that joins, -1 for one that leaves, shape (n_rows,); None where none leaves.
        leaving: Position of the row with which each row leaves again, -1 where it stays, shape (n_rows,).
        rows: Indices of the rows that matter, in the order used here, shape (n_rows,).
        event_rows: Position (in ``rows``) of each event, shape (n_events,).
        event_times: Time of each event, shape (n_events,).
        layout: The last five arguments of :func:`irf7bone.statistics.partial_sums.partial_sums`.
    """

    def __init__(
        self,
        time: np.ndarray,
        event: np.ndarray,
        strata: np.ndarray | None = None,
        entry: np.ndarray | None = None,
        *,
        efron: bool = True,
    ):
        time = np.asarray(time, dtype=float)
        event = np.asarray(event, dtype=float) > 0
        codes = (
            np.zeros(time.size, dtype=int) if strata is None else np.unique(strata, return_inverse=True)[1]
        )
        rows, groups, signs, self._stratum_groups = [], [], [], []
        n_groups = 0
        for code in np.unique(codes):
            members = np.flatnonzero(codes == code)
            falling = np.unique(time[members[event[members]]])[::-1]
            members = members[np.lexsort((~event[members], -time[members]))]
            # the first risk set (latest event) that a row belongs to; it stays in all later ones
            joins = np.searchsorted(-falling, -time[members], side="left")
            members, joins, sign = _with_leaving(members, joins, falling, entry)
            rows.append(members)
            groups.append(joins + n_groups)
            signs.append(sign)
            if falling.size:
                self._stratum_groups.append(slice(n_groups, n_groups + falling.size))
            n_groups += falling.size
        self.rows = np.concatenate(rows)
        sign = np.concatenate(signs)
        self.sign = None if entry is None or (sign > 0).all() else sign
        self.leaving = _partners(self.rows, sign)
        self._entry = np.concatenate(groups)
        self._n_groups = n_groups

        self.event_rows = np.flatnonzero(event[self.rows] & (sign > 0))
        self.event_times = time[self.rows][self.event_rows]
        # rows are sorted by stratum and falling time, so tied events are neighbours
        self._event_group = self._entry[self.event_rows]
        starts = np.searchsorted(self._event_group, self._event_group, side="left")
        tied = np.bincount(self._event_group, minlength=n_groups)
        self._fraction = efron * (np.arange(self.event_rows.size) - starts) / tied[self._event_group]
        self._late = np.flatnonzero(self._fraction > 0)
        self._tied_groups, self._late_group = np.unique(self._event_group[self._late], return_inverse=True)
        opens_stratum = np.zeros(n_groups, dtype=bool)
        opens_stratum[[groups.start for groups in self._stratum_groups]] = True
        ends = np.arange(n_groups + 1)
        self.layout = (
            np.searchsorted(self._entry, ends),
            opens_stratum,
            np.searchsorted(self._event_group, ends),
            self.event_rows,
            self._fraction,
        )

    @property
    def n_rows(self) -> int:
        """Number of rows that are at risk at an event."""
        return self.rows.size

    @property
    def n_events(self) -> int:
        """Number of events."""
        return self.event_rows.size

    def sums(self, columns: np.ndarray) -> RiskSums:
        """Prepare sums of ``column * value`` over the risk set of every event.

        Args:
            columns: Shape (n_rows, K), the same for all fits, rows as in ``rows``.

        Returns:
            A function from values (n_rows, B) to sums (K, n_events, B), with Efron's correction for ties.
        """
        n_columns = columns.shape[1]
        entering = _group_sums(self._entry, np.arange(self.n_rows), self._n_groups, columns)
        failing = self._failing(columns) if self._late.size else None

        def over_risk_sets(values: np.ndarray) -> np.ndarray:
            groups = (entering @ values).reshape(n_columns, self._n_groups, -1)
            for groups_of_stratum in self._stratum_groups:
                part = groups[:, groups_of_stratum]
                np.cumsum(part, axis=1, out=part)
            if not self._late.size and self._n_groups == self.n_events:
                return groups
            events = groups[:, self._event_group]
            if failing is not None:
                tied = (failing @ values).reshape(n_columns, self._tied_groups.size, -1)
                events[:, self._late] -= self._fraction[self._late, None] * tied[:, self._late_group]
            return events

        return over_risk_sets

    def seen(self, steps: np.ndarray) -> np.ndarray:
        """Sums of what events add, over the events that find each row at risk: :meth:`sums` the other way.

        Args:
            steps: Of each event, shape (K, n_events).

        Returns:
            Shape (K, n_rows), with Efron's fractions for those who fail at a time with several; 0 for a row
            that leaves.
        """
        _, _, event_starts, event_rows, fraction = self.layout
        tied, share = (np.add.reduceat(part, event_starts[:-1], axis=1) for part in (steps, fraction * steps))
        for groups_of_stratum in self._stratum_groups:
            backwards = tied[:, groups_of_stratum][:, ::-1]
            np.cumsum(backwards, axis=1, out=backwards)
        seen = tied[:, self._entry]
        seen[:, event_rows] -= share[:, self._event_group]
        again = np.flatnonzero(self.leaving >= 0)
        seen[:, again] -= seen[:, self.leaving[again]]
        seen[:, self.leaving[again]] = 0
        return seen

    def _failing(self, columns: np.ndarray) -> sparse.csr_array:
        """Matrix of :func:`_group_sums` over those that have the event at a time with several."""
        in_tie = np.isin(self._event_group, self._tied_groups)
        tie = np.searchsorted(self._tied_groups, self._event_group[in_tie])
        return _group_sums(tie, self.event_rows[in_tie], self._tied_groups.size, columns)


def _with_leaving(
    members: np.ndarray, joins: np.ndarray, falling: np.ndarray, entry: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of one stratum that matter, the groups in which they join or leave, and their signs."""
    inside = joins < falling.size
    if entry is None:
        return members[inside], joins[inside], np.ones(int(inside.sum()))
    leaves = np.searchsorted(-falling, -np.asarray(entry, dtype=float)[members], side="left")
    inside &= joins < leaves  # else no event happens while the sample is at risk
    out = inside & (leaves < falling.size)
    groups = np.concatenate([joins[inside], leaves[out]])
    sign = np.concatenate([np.ones(int(inside.sum())), -np.ones(int(out.sum()))])
    order = np.argsort(groups, kind="stable")
    return np.concatenate([members[inside], members[out]])[order], groups[order], sign[order]


def _partners(rows: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """For each joining row the position of the same sample's leaving row, -1 where there is none."""
    found = np.full(rows.size, -1)
    leaving = np.flatnonzero(sign < 0)
    if leaving.size:
        joining = np.flatnonzero(sign > 0)
        place = np.full(rows.max() + 1, -1)
        place[rows[joining]] = joining
        found[place[rows[leaving]]] = leaving
    return found


def _group_sums(group: np.ndarray, row: np.ndarray, n_groups: int, columns: np.ndarray) -> sparse.csr_array:
    """Matrix that sums ``column * value`` of each group's rows, the groups of one column after the other.

    Args:
        group: Rising, shape (r,).
        row: The row of ``columns`` that each belongs to, shape (r,).
        n_groups: Number of groups.
        columns: Shape (n_rows, K).
    """
    n_rows, n_columns = columns.shape
    ends = np.searchsorted(group, np.arange(n_groups), side="right")
    starts = np.concatenate([[0], *(ends + k * row.size for k in range(n_columns))])
    return sparse.csr_array(
        (columns[row].T.ravel(), np.tile(row, n_columns), starts), shape=(n_columns * n_groups, n_rows)
    )

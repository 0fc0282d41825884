"""Which of a gene's rows stands for it: the one that goes with the genes that the gene goes with elsewhere.

A row that is loud or variable need not measure its gene: a probe can bind another transcript, or none. What
the gene should follow, its companions, is known from published gene sets; whether these go together in the
cohort, and which row follows them, is seen there. Expression alone decides: no outcome and no clinical table
is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from irf7bone.base.vocabulary import (
    BETTER,
    CONFIRMED,
    FEWEST_COMPANIONS,
    NOT_TOLD,
    REPLACED,
    UNCLEAR,
)
from irf7bone.genes.companions import CitedSet, Companions, Company, follows
from irf7bone.harmonise.collapse import Collapse
from irf7bone.statistics.dependent_correlations import p_larger
from irf7bone.tables.cohort import PROBES

Array = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class CollapsedProfiles:
    """The genes as the rule without companions has them, for :class:`irf7bone.genes.companions.Company`.

    Args:
        genes: Current symbols, sorted.
        matrix: Log2 values, samples x genes.
    """

    genes: NDArray[np.object_]
    matrix: NDArray[np.float32]

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.matrix)

    @cached_property
    def mean(self) -> Array:
        """Mean of each gene."""
        return self.matrix.mean(axis=0, dtype=np.float64)

    @cached_property
    def sd(self) -> Array:
        """Standard deviation of each gene."""
        squares = sum(np.square(row - self.mean) for row in self.matrix)
        return np.sqrt(np.asarray(squares) / (self.n_samples - 1))

    @cached_property
    def varying(self) -> NDArray[np.bool_]:
        """Whether a gene is not constant."""
        return np.asarray(self.matrix.max(axis=0) > self.matrix.min(axis=0))

    def values(self, genes: Places) -> Array:
        """Expression of some genes, genes x samples."""
        return np.ascontiguousarray(self.matrix[:, genes].T, dtype=np.float64)


@dataclass(frozen=True)
class ProbeChoice:
    """Which row stands for each gene.

    Args:
        probes: :data:`PROBES` without the cohort, every row of every gene that has several.
        source_ids: The chosen row's id of every gene.
        changed: Genes for which another row stands than without companions, by their places.
        instead: These rows.
    """

    probes: pd.DataFrame
    source_ids: list[str]
    changed: Places
    instead: Places


def choose_by_companions(
    plan: Collapse,
    matrix: NDArray[np.float32],
    names: pd.Index,
    rows: Callable[[Places], NDArray[np.float32]],
    sets: Mapping[str, CitedSet],
) -> ProbeChoice:
    """Let another row stand for a gene where it follows the gene's companions, and clearly better.

    Companions are judged by the rows that the rule without them chose, so that no choice hangs on another.
    A row that belongs to none of them is kept out of their core by :meth:`Company.of`.

    Args:
        plan: The rows that the rule without companions chose.
        matrix: What it gives, log2, samples x genes.
        names: Ids of all rows.
        rows: Log2 values of some rows, samples x rows.
        sets: Published gene sets.

    Raises:
        ValueError: The plan averages rows.
    """
    if plan.chosen is None:
        raise ValueError("rows that are averaged are not chosen")
    order = np.argsort(plan.group, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(plan.group))[:-1])
    several = [gene for gene, own in enumerate(members) if len(own) > 1]
    company = Company(CollapsedProfiles(plan.symbols.astype(object), matrix), sets)
    found = {gene: one for gene in several if (one := company.of(plan.symbols[gene])) is not None}
    asked = _asked(company, found, members, plan.chosen, rows)
    chosen = plan.chosen.copy()
    parts = []
    for gene in several:
        table = pd.DataFrame({"gene": plan.symbols[gene], "probe": names[members[gene]].astype(str)})
        table["row"] = np.arange(1, len(table) + 1)
        table["by_rule"] = members[gene] == plan.chosen[gene]
        if gene in asked:
            evidence, decision, best = asked[gene]
            chosen[gene] = members[gene][best]
            table = table.assign(**evidence, decision=decision, status="ok", reason=None)
        else:
            reason = f"no {FEWEST_COMPANIONS} companions that go together here"
            table = table.assign(decision=NOT_TOLD, status="not_available", reason=reason)
        parts.append(table.assign(chosen=members[gene] == chosen[gene]))
    columns = [name for name in PROBES.names if name != "cohort"]
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    [changed] = np.nonzero(chosen != plan.chosen)
    ids = [str(name) for name in names[chosen]]
    return ProbeChoice(frame.reindex(columns=columns), ids, changed, chosen[changed])


def _asked(
    company: Company,
    found: Mapping[int, Companions],
    members: list[Places],
    by_rule: Places,
    rows: Callable[[Places], NDArray[np.float32]],
) -> dict[int, tuple[dict[str, object], str, int]]:
    """Gene -> evidence of each of its rows, decision, and which row stands for it."""
    if not found:
        return {}
    starts = np.cumsum([0, *(len(members[gene]) for gene in found)])
    values = rows(np.concatenate([members[gene] for gene in found]))
    said, every = {}, []
    for place, (gene, companions) in enumerate(found.items()):
        own = _unit(values[:, starts[place] : starts[place + 1]].T.astype(np.float64))
        mean = companions.mean / np.linalg.norm(companions.mean)
        said[gene] = (np.clip(own @ mean, -1, 1), np.clip(own @ own.T, -1, 1))
        # a constant row correlates with nothing
        every += [replace(companions, correlation=float(np.nan_to_num(r, nan=-1.0))) for r in said[gene][0]]
    closer = company.closer(every)
    out = {}
    for place, (gene, (r, between)) in enumerate(said.items()):
        near = np.where(np.isnan(r), np.nan, closer[starts[place] : starts[place + 1]])
        rule = int(np.flatnonzero(members[gene] == by_rule[gene])[0])
        p = p_larger(r, np.full(len(r), r[rule]), between[rule], company.prepared.n_samples)
        p = np.minimum(p * (len(r) - 1), 1.0)
        p[rule] = np.nan
        best = int(np.nanargmax(r)) if not np.isnan(r).all() else rule
        evidence = {
            "n_companions": found[gene].core.size,
            "cohesion": found[gene].cohesion,
            "correlation": r,
            "closer": near,
            "p": p,
        }
        out[gene] = (evidence, *_decided(rule, best, near, p))
    return out


def _decided(rule: int, best: int, closer: Array, p: Array) -> tuple[str, int]:
    """What is decided of a gene, and the row that stands for it."""
    if not follows(closer[best]):
        return UNCLEAR, rule
    if best == rule:
        return CONFIRMED, rule
    return (REPLACED, best) if p[best] < BETTER else (UNCLEAR, rule)


def _unit(rows: Array) -> Array:
    """Rows centred and of length 1; NaN where they are constant."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    constant = rows.max(axis=1, keepdims=True) == rows.min(axis=1, keepdims=True)
    return np.divide(centred, length, out=np.full_like(centred, np.nan), where=~constant)

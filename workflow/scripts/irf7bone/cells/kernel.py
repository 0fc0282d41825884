"""The loops over cells, compiled: totals, pseudobulk sums, ranks and means of gene sets, and places of
clusters.

Every loop goes over the cells of a block in csr form and needs memory for one cell and for what it returns.
``target`` maps a column of the file to a gene, -1 where it names none; columns of one gene are added.
"""

from __future__ import annotations

import numba
import numpy as np

from irf7bone.base.compiled import INTEGER, INTEGERS, MATRIX, VECTOR, compiled

SMALL = numba.int32[::1]
VALUES = numba.float32[::1]
SUMS = numba.int64[:, ::1]
PER_10K = 1e4
MAX_RANK = 1500
COUNTED = 4096  # values up to here are ranked by counting, larger ones by sorting
GAPS = np.array([1750, 701, 301, 132, 57, 23, 10, 4, 1])  # Ciura's for Shell's sort


@compiled(INTEGERS, SMALL, VALUES, INTEGERS, INTEGERS, VECTOR, INTEGERS, VECTOR, SUMS)
def measure_cells(indptr, indices, data, target, is_mito, totals, n_genes, mito, moments):
    """Quality of each cell, and what its values are.

    Args:
        indptr, indices, data: The block.
        target: Gene of each column.
        is_mito: 1 for the columns of mitochondrial genes.
        totals: Out, cells: sum of all values.
        n_genes: Out, cells: columns above 0.
        mito: Out, cells: share of mitochondrial genes in the sum.
        moments: In and out, genes x 3: cells in which the gene is above 0, values that are no whole numbers,
            values below 0 or not finite.
    """
    for cell in range(len(indptr) - 1):
        total, inside, seen = 0.0, 0.0, 0
        for k in range(indptr[cell], indptr[cell + 1]):
            value, column = np.float64(data[k]), indices[k]
            gene = target[column]
            if gene >= 0:
                if not (value >= 0 and value < np.inf):
                    moments[gene, 2] += 1
                elif value != np.floor(value):
                    moments[gene, 1] += 1
            if value > 0:
                total += value
                seen += 1
                if is_mito[column]:
                    inside += value
                if gene >= 0:
                    moments[gene, 0] += 1
        totals[cell], n_genes[cell] = total, seen
        mito[cell] = inside / total if total > 0 else 0.0


@compiled(INTEGERS, SMALL, VALUES, INTEGERS, INTEGERS, numba.float64, SUMS)
def add_pseudobulk(indptr, indices, data, target, bulk, unit, sums):
    """Add the cells of a block to their pseudobulk samples, in whole numbers so that order cannot matter.

    Args:
        indptr, indices, data: The block.
        target: Gene of each column.
        bulk: Pseudobulk sample of each cell, -1 for none.
        unit: What 1 of a value is in ``sums``: 1 for counts.
        sums: In and out, samples x genes.
    """
    for cell in range(len(indptr) - 1):
        if bulk[cell] >= 0:
            for k in range(indptr[cell], indptr[cell + 1]):
                gene = target[indices[k]]
                if gene >= 0:
                    sums[bulk[cell], gene] += np.int64(np.round(data[k] * unit))


# Written out, as compiling numba's own sort and search takes 2 s of the first run.
@compiled(VECTOR, INTEGER)
def sort_first(values, n):
    """Sort the first ``n`` values in place, rising (Shell's sort)."""
    for gap in GAPS:
        for i in range(gap, n):
            value, place = values[i], i
            while place >= gap and values[place - gap] > value:
                values[place] = values[place - gap]
                place -= gap
            values[place] = value


@compiled(VECTOR, INTEGER, numba.float64)
def count_below(ordered, n, limit):
    """How many of the first ``n`` values, which rise, are below ``limit``."""
    low, high = 0, n
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < limit:
            low = middle + 1
        else:
            high = middle
    return low


@compiled(
    INTEGERS, SMALL, VALUES, INTEGERS, INTEGER, VECTOR, INTEGERS, INTEGERS, INTEGERS, INTEGERS, MATRIX, MATRIX
)
def score_cells(
    indptr, indices, data, target, n_genes, totals, starts, sets, sizes, missing, ucell, mean_log
):
    """Two scores a cell and gene set: UCell (Andreatta and Carmona 2021) and mean log1p of counts per 10,000.

    UCell with average ties; ranks above 1,500, genes at 0 and genes that the data lack are taken as 1,500:
    ``1 - (R - s_min) / (s_max - s_min)`` with ``R`` the sum of ranks, ``s_min = k (k + 1) / 2``,
    ``s_max = 1500 k``. So only genes above 0 need a look.

    Args:
        indptr, indices, data: The block.
        target: Gene of each column.
        n_genes: Genes measured.
        totals: Sum of each cell.
        starts, sets: Gene sets of each gene in csr form: those of gene g are ``sets[starts[g]:starts[g +
            1]]``.
        sizes: Genes of each set, measured or not.
        missing: Those not measured.
        ucell: Out, cells x sets.
        mean_log: Out, cells x sets; over the genes measured.
    """
    n_sets = len(sizes)
    level = np.zeros(n_genes, dtype=np.float64)
    touched = np.empty(n_genes, dtype=np.int64)
    ordered = np.empty(n_genes, dtype=np.float64)
    counted = np.zeros(COUNTED + 1, dtype=np.int64)
    rank_of = np.zeros(COUNTED + 1, dtype=np.float64)
    rank_sum = np.empty(n_sets, dtype=np.float64)
    n_seen = np.empty(n_sets, dtype=np.int64)
    for cell in range(len(indptr) - 1):
        n = 0
        top, whole = 0.0, True
        for k in range(indptr[cell], indptr[cell + 1]):
            gene = target[indices[k]]
            if gene >= 0 and data[k] > 0:
                if level[gene] == 0:
                    touched[n] = gene
                    n += 1
                level[gene] += data[k]
                top = max(top, level[gene])
                whole = whole and level[gene] == np.floor(level[gene])
        rank_sum[:] = 0
        n_seen[:] = 0
        mean_log[cell] = 0
        counting = whole and top <= COUNTED
        if counting:
            for i in range(n):
                counted[np.int64(level[touched[i]])] += 1
            above = 0
            for value in range(np.int64(top), 0, -1):
                rank_of[value] = above + (counted[value] + 1) / 2
                above += counted[value]
                counted[value] = 0
        else:
            for i in range(n):
                ordered[i] = level[touched[i]]
            sort_first(ordered, n)
        per_10k = PER_10K / totals[cell] if totals[cell] > 0 else 0.0
        for i in range(n):
            gene = touched[i]
            if starts[gene] < starts[gene + 1]:
                if counting:
                    rank = rank_of[np.int64(level[gene])]
                else:
                    # no number lies between a value and the next that a computer has
                    right = n - count_below(ordered, n, np.nextafter(level[gene], np.inf))
                    rank = (right + 1 + n - count_below(ordered, n, level[gene])) / 2
                logged = np.log1p(level[gene] * per_10k)
                for j in range(starts[gene], starts[gene + 1]):
                    rank_sum[sets[j]] += min(rank, MAX_RANK)
                    n_seen[sets[j]] += 1
                    mean_log[cell, sets[j]] += logged
            level[gene] = 0
        for j in range(n_sets):
            size = sizes[j]
            measured = size - missing[j]
            total = rank_sum[j] + (size - n_seen[j]) * MAX_RANK
            least = size * (size + 1) / 2
            ucell[cell, j] = 1 - (total - least) / (size * MAX_RANK - least)
            mean_log[cell, j] = mean_log[cell, j] / measured if measured > 0 else np.nan


@compiled(INTEGERS, SMALL, VALUES, INTEGERS, MATRIX, MATRIX)
def weigh_cells(indptr, indices, data, position, weights, scores):
    """Add each cell's counts times the weights of their genes.

    Args:
        indptr, indices, data: The block.
        position: Row of ``weights`` of each column, -1 for none.
        weights: Genes x clusters.
        scores: In and out, cells x clusters.
    """
    for cell in range(len(indptr) - 1):
        for k in range(indptr[cell], indptr[cell + 1]):
            row = position[indices[k]]
            if row >= 0:
                value = np.float64(data[k])
                for j in range(weights.shape[1]):
                    scores[cell, j] += value * weights[row, j]

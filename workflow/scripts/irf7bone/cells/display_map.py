"""The map of cells for display: UMAP (McInnes et al. 2018, arXiv:1802.03426) of a few thousand cells.

The same weights and the same descent as umap-learn's, which compiles itself in every process for longer
than it takes to draw the map; the one loop here is compiled once and kept.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from irf7bone.base.compiled import INTEGER, INTEGERS, MATRIX, VECTOR, compiled
from irf7bone.cells.scan import choose

MAPPED_CELLS, EPOCHS = 3_000, 200
NEIGHBOURS = 14  # beside the cell itself: n_neighbors = 15 of umap-learn, which counts it
# 1 / (1 + A d^(2 B)) nearest to 1 up to the distance 0.3 and exp(0.3 - d) beyond: min_dist = 0.3, spread = 1
A, B = 0.9921756196, 1.1122533844
NEGATIVES = 5  # cells drawn at random to be pushed away, for each neighbour that is pulled
EXTENT = 10.0  # of the map at the start
_SEARCH_STEPS, _LEAST_SCALE = 64, 1e-3


def display_map(places: np.ndarray, patients: np.ndarray, seed: int) -> np.ndarray:
    """UMAP of at most 3,000 sampled cells, equal per patient, on the clustering's components.

    Sampled cells are in the order of their hash, so that the first of each patient are a sample again.

    Args:
        places: Coordinates of the sampled cells, cells x components, the widest component first.
        patients: Patient of each.
        seed: Of the start and of the cells that are pushed away.

    Returns:
        Sampled cells x 2; NaN where a cell is not on the map.
    """
    chosen = choose(patients, np.arange(len(patients), dtype=np.uint64), MAPPED_CELLS)
    found = np.full((len(patients), 2), np.nan)
    if chosen.sum() > NEIGHBOURS + 1:
        found[chosen] = embed(places[chosen], seed)
    return found


def embed(points: np.ndarray, seed: int) -> np.ndarray:
    """A map on which neighbours stay neighbours, starting from the first two components.

    Args:
        points: Cells x components, the widest component first; more cells than :data:`NEIGHBOURS` + 1.
        seed: Of random numbers.

    Returns:
        Cells x 2.
    """
    graph = neighbour_weights(points)
    random = np.random.default_rng(seed)
    first = np.zeros((len(points), 2))
    first[:, : points.shape[1]] = points[:, :2]
    low, high = first.min(axis=0), first.max(axis=0)
    map_ = EXTENT * (first - low) / np.where(high > low, high - low, 1.0)
    map_ += random.normal(scale=1e-4, size=map_.shape)
    # a weight below this would be pulled less than once
    graph.data[graph.data < graph.data.max() / EPOCHS] = 0.0
    graph.eliminate_zeros()
    head, tail = (index.astype(np.int64) for index in graph.coords)
    map_ = np.ascontiguousarray(map_)
    _descend(map_, head, tail, graph.data.max() / graph.data, EPOCHS, int(random.integers(2**31)))
    return map_


def neighbour_weights(points: np.ndarray) -> sparse.coo_array:
    """The fuzzy graph: how much two cells are neighbours, 0 to 1, symmetric, cells x cells.

    A cell's nearest neighbour has weight 1, the others exp(-(d - nearest) / scale), with the scale for which
    they sum to log2 of their number; weights of the two directions are united as p + q - p q.
    """
    from sklearn.neighbors import NearestNeighbors

    distance, neighbour = NearestNeighbors(n_neighbors=NEIGHBOURS).fit(points).kneighbors()
    weight = _directed_weights(distance)
    n = len(points)
    starts = np.arange(n + 1) * NEIGHBOURS
    directed = sparse.csr_array((weight.ravel(), neighbour.ravel(), starts), shape=(n, n))
    return sparse.coo_array(directed + directed.T - directed * directed.T)


def _directed_weights(distance: np.ndarray) -> np.ndarray:
    """Weight of each neighbour, cells x neighbours, from distances that rise along the rows."""
    nearest = np.where(distance > 0, distance, np.inf).min(axis=1)
    nearest[np.isinf(nearest)] = 0.0
    beyond = np.maximum(distance - nearest[:, None], 0)
    target = np.log2(NEIGHBOURS + 1)
    low, high = np.zeros(len(distance)), np.full(len(distance), np.inf)
    scale = np.ones(len(distance))
    for _ in range(_SEARCH_STEPS):
        too_wide = np.exp(-beyond / scale[:, None]).sum(axis=1) > target
        high = np.where(too_wide, scale, high)
        low = np.where(too_wide, low, scale)
        scale = np.where(np.isinf(high), 2 * scale, (low + high) / 2)
    mean = np.where(nearest > 0, distance.sum(axis=1) / (NEIGHBOURS + 1), 0.0)
    mean[nearest == 0] = distance.sum() / (distance.shape[0] * (NEIGHBOURS + 1))
    scale = np.maximum(scale, _LEAST_SCALE * mean)
    return np.exp(-beyond / np.where(scale > 0, scale, 1.0)[:, None])


@compiled(MATRIX, INTEGERS, INTEGERS, VECTOR, INTEGER, INTEGER)
def _descend(places, head, tail, every, epochs, seed):
    """Stochastic descent on the cross-entropy between the graph and the map, as in umap-learn.

    Args:
        places: In and out, cells x 2.
        head, tail: The pairs of neighbours, both directions.
        every: Epochs between two pulls of a pair.
        epochs: How many.
        seed: Of the cells that are pushed away.
    """
    np.random.seed(seed)
    n = places.shape[0]
    next_pull = every.copy()
    next_push = every / NEGATIVES
    for epoch in range(epochs):
        rate = 1.0 - epoch / epochs
        for pair in range(head.size):
            if next_pull[pair] > epoch:
                continue
            here, there = head[pair], tail[pair]
            squared = 0.0
            for axis in range(2):
                squared += (places[here, axis] - places[there, axis]) ** 2
            if squared > 0:
                force = -2.0 * A * B * squared ** (B - 1.0) / (A * squared**B + 1.0)
                for axis in range(2):
                    move = min(4.0, max(-4.0, force * (places[here, axis] - places[there, axis]))) * rate
                    places[here, axis] += move
                    places[there, axis] -= move
            next_pull[pair] += every[pair]
            pushes = int((epoch - next_push[pair]) * NEGATIVES / every[pair])
            for _ in range(pushes):
                other = np.random.randint(n)
                squared = 0.0
                for axis in range(2):
                    squared += (places[here, axis] - places[other, axis]) ** 2
                if squared > 0:
                    force = 2.0 * B / ((0.001 + squared) * (A * squared**B + 1.0))
                    for axis in range(2):
                        push = force * (places[here, axis] - places[other, axis])
                        places[here, axis] += min(4.0, max(-4.0, push)) * rate
            next_push[pair] += pushes * every[pair] / NEGATIVES

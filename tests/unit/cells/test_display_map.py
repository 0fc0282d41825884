import warnings

import numpy as np
import pytest
from scipy import sparse
from scipy.spatial import cKDTree

from irf7bone.cells import display_map as drawn
from irf7bone.cells.display_map import NEIGHBOURS, display_map, embed, neighbour_weights


@pytest.fixture(scope="module")
def umap():
    """umap-learn, imported by whoever runs its tests: it takes long."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numba, about what umap-learn asks of it
        return pytest.importorskip("umap.umap_")


def groups(n=60, k=5, seed=0):
    """Cells in k groups far apart in ten dimensions, and the group of each."""
    random = np.random.default_rng(seed)
    group = np.repeat(np.arange(k), n)
    return 12 * np.eye(k, 10)[group] + random.normal(size=(n * k, 10)), group


def test_weights_are_those_of_umap_learn(umap):
    points, _ = groups(40)
    n = len(points)
    # every function of umap-learn in plain Python: compiling them takes longer than all these cells
    tree = cKDTree(points)
    distance, neighbour = tree.query(points, NEIGHBOURS + 1)
    scale, nearest = umap.smooth_knn_dist.py_func(distance.astype(np.float32), NEIGHBOURS + 1.0)
    rows, columns, weight, _ = umap.compute_membership_strengths.py_func(
        neighbour.astype(np.int32), distance.astype(np.float32), scale, nearest
    )
    directed = sparse.csr_array((weight, (rows, columns)), shape=(n, n))
    theirs = (directed + directed.T - directed * directed.T).toarray()
    np.testing.assert_allclose(neighbour_weights(points).toarray(), theirs, atol=1e-5)


def test_attraction_falls_with_distance_as_in_umap_learn(umap):
    np.testing.assert_allclose((drawn.A, drawn.B), umap.find_ab_params(1.0, 0.3), rtol=1e-8)


def test_groups_stay_apart_and_a_seed_gives_one_map():
    points, group = groups()
    found = embed(points, 1)
    _, near = cKDTree(found).query(found, 6)
    assert (group[near[:, 1:]] == group[:, None]).mean() > 0.99
    centres = np.array([found[group == k].mean(axis=0) for k in range(5)])
    widest = max(np.linalg.norm(found[group == k] - centres[k], axis=1).mean() for k in range(5))
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)[np.triu_indices(5, 1)].min()
    assert apart > 2 * widest
    np.testing.assert_array_equal(found, embed(points, 1))
    assert not np.array_equal(found, embed(points, 2))


def test_equal_cells_and_one_component_have_a_map():
    points = np.repeat(np.arange(4.0), 10)[:, None]
    assert np.isfinite(embed(points, 0)).all()


def test_as_many_cells_of_each_patient_and_none_where_they_are_too_few(monkeypatch):
    points, _ = groups()
    patients = np.array(["a"] * 250 + ["b"] * 50, dtype=object)
    monkeypatch.setattr(drawn, "MAPPED_CELLS", 120)
    mapped = np.isfinite(display_map(points, patients, 1)).all(axis=1)
    assert (mapped[:250].sum(), mapped[250:].sum()) == (70, 50)
    assert mapped[:70].all()  # the first of each patient
    assert np.isnan(display_map(points[:NEIGHBOURS], patients[:NEIGHBOURS], 1)).all()

"""The stored files of R against those that R writes now: both are read alike."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.oracle.recompute import run_r

from irf7bone.acquire.r_objects import ENDINGS, RNode, read_r_objects
from irf7bone.acquire.r_tables import container_of, is_frame, is_matrix, matrix_of, table_of

STORED = Path(__file__).resolve().parents[1] / "data" / "r_files"


def shown(node: RNode, path: Path) -> object:
    """An object in a form that can be compared."""
    held = container_of(node)
    if held is not None:
        assays = {name: shown(item, path) for name, item in held.assays.items()}
        return assays, table_of(held.samples, path, "").columns.to_dict()
    if is_matrix(node):
        return matrix_of(node, path, "").to_csv()
    if is_frame(node) and len(set(node.names())) == len(node.names()):
        return table_of(node, path, "").columns.to_dict()
    return node.strings() or node.names()


@pytest.mark.oracle
def test_r_writes_the_stored_files(tmp_path):
    run_r("r_files.R", tmp_path)
    names = sorted(path.name for path in STORED.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        if not name.lower().endswith(ENDINGS):
            pd.testing.assert_frame_equal(pd.read_csv(STORED / name), pd.read_csv(tmp_path / name))
            continue
        stored, fresh = (read_r_objects(folder / name)[0] for folder in (STORED, tmp_path))
        assert list(stored) == list(fresh)
        for item, node in stored.items():
            assert shown(node, STORED / name) == shown(fresh[item], tmp_path / name), (name, item)

"""Source h5ad: whatever way AnnData stores it, the same cohort comes out; bad files have their messages."""

from __future__ import annotations

import pickle
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from irf7bone.acquire import h5ad
from irf7bone.acquire.sources import acquire, input_files
from irf7bone.base.errors import InputError
from irf7bone.harmonise.cohort import harmonise

ENTRY = {"source": "h5ad", "path": "c.h5ad", "matrix": "X", "gene_id": "symbol", "scale": "log2"}


@pytest.fixture
def adata(expression, clinical) -> ad.AnnData:
    """The shared made-up cohort as AnnData, with what else such files hold."""
    obs = clinical.set_index("sample")
    obs["months"] = obs["months"].astype(float)
    obs["bone"] = obs["bone"].astype(int)
    obs["relapse"] = obs["relapse"] == "1"
    obs["er_status"] = pd.Categorical(obs["er_status"])
    made = ad.AnnData(
        X=expression.T.to_numpy(),
        obs=obs,
        var=pd.DataFrame({"ensembl": [f"ENSG{i:011}" for i in range(24)]}, index=expression.index),
        uns={"title": "made up"},
    )
    made.raw = made.copy()
    made.layers["counts"] = sparse.csr_matrix(np.round(2**made.X))
    return made


@pytest.fixture
def read(make_card, tmp_path):
    """A function that reads ``c.h5ad`` through a card with changes to its expression."""

    def run(**changes: object):
        entry = {**ENTRY, "collapse": "max_mean", **changes}
        card = make_card(expression=entry, clinical=[{"source": "h5ad"}])
        assert input_files(card) == [tmp_path / "c.h5ad"]
        return acquire(card), card

    return run


LAYOUTS = {
    "dense": (lambda a: a, "X"),
    "float32": (lambda a: _with_x(a, a.X.astype(np.float32)), "X"),
    "csr": (lambda a: _with_x(a, sparse.csr_matrix(a.X)), "X"),
    "csc": (lambda a: _with_x(a, sparse.csc_matrix(a.X)), "X"),
    "raw, of more genes than X": (lambda a: _fewer_genes(a), "raw"),
}


def _with_x(adata: ad.AnnData, x) -> ad.AnnData:
    adata.X = x
    return adata


def _fewer_genes(adata: ad.AnnData) -> ad.AnnData:
    return adata[:, :5].copy()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_cohort(adata, expression, read, tmp_path, layout, symbols):
    change, matrix = LAYOUTS[layout]
    change(adata).write_h5ad(tmp_path / "c.h5ad")
    acquired, card = read(matrix=matrix)
    stored = np.float32 if layout == "float32" else np.float64
    assert (acquired.expression.dtypes == stored).all()
    pd.testing.assert_frame_equal(acquired.expression, expression.astype(stored), rtol=0, atol=0)
    assert acquired.clinical.loc["P-01"].to_dict() == {
        "months": "10",
        "bone": "1",
        "relapse": "True",
        "er_status": "ER+",
        "histology": "ductal",
    }
    assert {source["name"] for source in acquired.sources} == {"c.h5ad"}
    changed = card.endpoints["bone"] | {"competing": {"from": "relapse", "is": ["true"], "else": ["false"]}}
    card.endpoints["bone"] = changed
    assert harmonise(acquired, card, symbols).adata.obs["bone_event"].sum() == 3


def test_a_layer_of_counts_and_gene_ids_in_a_column(adata, read, tmp_path):
    adata.write_h5ad(tmp_path / "c.h5ad")
    acquired, _ = read(matrix="layers/counts", gene_column="ensembl", gene_id="ensembl", scale="counts")
    assert acquired.expression.index[3] == "ENSG00000000003"
    np.testing.assert_array_equal(acquired.expression.to_numpy().T, adata.layers["counts"].toarray())


def test_missing_values_of_every_type_are_missing(adata, read, tmp_path):
    adata.obs["months"] = [np.nan, *range(11)]
    adata.obs["er_status"] = pd.Categorical([None, "NA", *["ER+"] * 10])
    adata.obs["bone"] = pd.array([pd.NA, *[1] * 11], dtype="Int64")
    adata.write_h5ad(tmp_path / "c.h5ad")
    clinical = read()[0].clinical
    assert clinical.loc["P-01", ["months", "er_status", "bone"]].tolist() == [None, None, None]
    assert clinical.loc["P-02", ["months", "er_status", "bone"]].tolist() == ["0", None, "1"]


def test_nothing_is_unpickled(adata, read, tmp_path):
    """A pickle in the file, where h5py would hand it out as bytes, stays bytes that nobody opens."""
    adata.write_h5ad(tmp_path / "c.h5ad")
    with h5py.File(tmp_path / "c.h5ad", "a") as file:
        file["uns/evil"] = np.void(pickle.dumps(Path))
        file["obsm/odd"] = np.void(b"\x80\x04.")
    assert read()[0].expression.shape == (24, 12)


def no_file(path: Path, adata: ad.AnnData) -> None:
    path.write_bytes(b"")


def html(path: Path, adata: ad.AnnData) -> None:
    path.write_text("<html>not found</html>")


def cut(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    path.write_bytes(path.read_bytes()[:-2000])


def scrambled(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    content = bytearray(path.read_bytes())
    content[3000:30000] = bytes(27000)
    path.write_bytes(bytes(content))


def no_anndata(path: Path, adata: ad.AnnData) -> None:
    with h5py.File(path, "w") as file:
        file["X"] = np.zeros((2, 2))


def old_anndata(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        del file["obs"]
        file["obs"] = np.array([(b"a", 1)], dtype=[("index", "S1"), ("n", "i4")])


def text_as_x(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        shape = file["X"].shape
        del file["X"]
        file["X"] = np.full(shape, b"high")
        file["X"].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def repeated_sample(path: Path, adata: ad.AnnData) -> None:
    adata.obs_names = ["P-01", "P-01", *adata.obs_names[2:]]
    adata.write_h5ad(path)


def nameless_gene(path: Path, adata: ad.AnnData) -> None:
    adata.var_names = ["", *adata.var_names[1:]]
    adata.write_h5ad(path)


def single_cells(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        del file["X"]
        file.create_dataset("X", shape=(1_000_000, 20_000), chunks=(100, 100), dtype="f4")
        file["X"].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def parts_of_two_files(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)
    with h5py.File(path, "a") as file:
        kept = file["X"][:6]
        del file["X"]
        file["X"] = kept
        file["X"].attrs.update({"encoding-type": "array", "encoding-version": "0.2.0"})


def good(path: Path, adata: ad.AnnData) -> None:
    adata.write_h5ad(path)


# how to spoil the file, what the card asks for, what the message must say, what its remedy must say
BAD = {
    "empty": (no_file, {}, "something else, or damaged", "again"),
    "html": (html, {}, "something else, or damaged", "again"),
    "cut off": (cut, {}, "something else, or damaged", "again"),
    "scrambled": (scrambled, {}, "damaged|nothing there|something else", "again|current one"),
    "no AnnData": (no_anndata, {}, "c.h5ad, X.*no encoding is named", "current one"),
    "old AnnData": (old_anndata, {}, "c.h5ad, obs.*something else", "current one"),
    "text": (text_as_x, {}, "c.h5ad, X.*a matrix of numbers", "another matrix"),
    "no such layer": (good, {"matrix": "layers/count"}, "there are X, raw, layers/counts", "layers/counts"),
    "no such column": (good, {"gene_column": "ensemble"}, "the columns ensembl", "set gene_column: ensembl"),
    "repeated sample": (repeated_sample, {}, "index of obs.*1 repeated.*P-01", "replicates"),
    "nameless gene": (nameless_gene, {}, "a gene id in every place.*1 empty", "give each"),
    "single cells": (single_cells, {}, "1,000,000 x 20,000", "sum the cells"),
    "parts of two files": (parts_of_two_files, {}, "12 samples x 24 genes.*6 x 24", "belong together"),
}


@pytest.mark.filterwarnings("ignore:Observation names are not unique:UserWarning")
@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused(adata, read, tmp_path, case):
    spoil, changes, said, remedy = BAD[case]
    spoil(tmp_path / "c.h5ad", adata)
    with pytest.raises(InputError, match=f"(?s){said}.*remedy:.*({remedy})"):
        read(**changes)


def test_a_file_that_is_gone_is_named(make_card, tmp_path):
    (tmp_path / "c.h5ad").touch()
    card = make_card(expression={**ENTRY, "collapse": "max_mean"}, clinical=[{"source": "h5ad"}])
    (tmp_path / "c.h5ad").unlink()
    with pytest.raises(InputError, match=r"(?s)c\.h5ad.*nothing there"):
        h5ad.read_clinical(card, card.clinical[0])


def test_damaged_copies_end_in_a_message_or_in_the_same_samples(adata, read, tmp_path):
    """Bytes of the structure overwritten, cut out or repeated, in forty ways."""
    adata.write_h5ad(tmp_path / "c.h5ad")
    whole = (tmp_path / "c.h5ad").read_bytes()
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(40):
        content = bytearray(whole)
        for start in rng.integers(0, len(whole), rng.integers(1, 30)):
            length = int(rng.integers(1, 60))
            junk = rng.integers(0, 256, int(rng.choice([0, length])), dtype=np.uint8)
            content[start : start + length] = junk.tobytes()
        (tmp_path / "c.h5ad").write_bytes(bytes(content))
        try:
            acquired, _ = read()
        except InputError:
            refused += 1
        else:
            assert acquired.expression.shape == (24, 12) and len(acquired.clinical) == 12
    assert refused > 15

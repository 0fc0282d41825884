"""The card of a single-cell data set: what it must say, and what is said when it does not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest
import yaml
from madeup.cells import (
    CONTRAST,
    as_adata,
    make_card,
    simulated,
    symbols,
    write_card,
    write_tenx_h5,
    write_tenx_mtx,
)
from scipy import sparse

from irf7bone.base.errors import InputError
from irf7bone.cells.acquire_cells import acquire_cells
from irf7bone.cells.data_set import CellSet, shared_genes
from irf7bone.cells.remote_cells import remote_cells
from irf7bone.cells.scan import scan_cells
from irf7bone.commands.propose.cells import cells_text
from irf7bone.download.fetch import fetch_all
from irf7bone.study.cells_checks import load_cells
from irf7bone.study.schema import violations

PROJECT = Path(__file__).resolve().parents[3]
FILES = [{"path": "a.h5ad"}]


@pytest.fixture(scope="module")
def adata():
    return as_adata(simulated(seed=3, n_patients=3, n_pairs=3, n_cells=400))


@pytest.fixture
def folder(tmp_path, adata):
    adata.write_h5ad(tmp_path / "a.h5ad")
    return tmp_path


def refused(folder, files=FILES, **changes) -> str:
    with pytest.raises(InputError) as caught:
        acquire_cells(make_card(folder, files, **changes), None, folder)
    return str(caught.value)


def test_shipped_cards_keep_the_schema():
    for path in sorted((PROJECT / "data" / "cells").glob("*.yaml")):
        card = yaml.safe_load(path.read_text(encoding="utf-8"))
        assert violations(card, "cells", str) == [], path
        assert card["id"] == path.stem
        assert card["role"] == "simulated" or card["unverified"]


def test_cards_are_light_to_load():
    code = (
        "import sys; import irf7bone.study.cells_card; print({'numpy', 'pandas', 'anndata'} & "
        "set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PROJECT / "workflow" / "scripts")},
    )
    assert done.stdout.strip() == "set()"


def test_a_card_that_is_right_gives_its_cells(folder, adata):
    card = make_card(folder, FILES)
    found = acquire_cells(card, None, folder)
    assert len(found.obs) == adata.n_obs and found.flow[-1]["n_left"] == adata.n_obs
    assert found.obs["label"].tolist() == adata.obs["cell_type"].tolist()
    assert found.sources[0]["name"] == "a.h5ad" and len(found.sources[0]["sha256"]) == 64


def test_cells_are_left_out_by_rule_and_by_null_and_counted(folder, adata):
    groups = {"from": "site", "map": {"primary": "primary", "bone": "bone"}}
    labels = {"from": "cell_type", "map": {name: "nk" for name in adata.obs["cell_type"].unique()}}
    labels["map"]["malignant"], labels["map"]["fibroblast"] = "malignant", None
    card = make_card(
        folder, FILES, groups=groups, compartments={"labels": labels, "malignant_by": "labels"},
        exclude=[{"column": "cell_type", "is": "myeloid", "reason": "asked to"}],
    )  # fmt: skip
    flow = acquire_cells(card, None, folder).flow
    lost = {row["reason"]: row["n_dropped"] for row in flow if row["n_dropped"]}
    counts = adata.obs["cell_type"].value_counts()
    assert lost == {"asked to": counts["myeloid"], "a label that the card leaves out": counts["fibroblast"]}


def test_two_files_with_the_same_ids_need_samples(folder):
    message = refused(folder, [{"path": "a.h5ad"}, {"path": "a.h5ad"}])
    assert "each cell id once over all files" in message and "give each file its `sample`" in message
    files = [{"path": "a.h5ad", "sample": name} for name in ("S1", "S2")]
    obs = acquire_cells(make_card(folder, files), None, folder).obs
    assert obs["cell"].is_unique and obs["cell"].str.startswith(("S1:", "S2:")).all()


def test_descriptions_come_from_a_table_by_sample(tmp_path, adata):
    for name, part in adata.obs.groupby("sample", observed=True):
        write_tenx_mtx(
            tmp_path / str(name),
            sparse.csr_matrix(adata[part.index].X),
            list(range(len(part))),
            list(adata.var_names),
        )
    table = adata.obs.drop_duplicates("sample")[["sample", "patient", "site", "subtype"]]
    table.to_csv(tmp_path / "patients.csv", index=False)
    files = [{"path": f"{name}/", "sample": str(name)} for name in table["sample"]]
    changes = {
        "cells": {
            "source": "tenx_mtx",
            "files": files,
            "gene_id": "symbol",
            "scale": "counts",
            "technology": "droplet",
        },
        "obs": [{"source": "table", "path": "patients.csv", "key": "sample"}],
        "compartments": {"labels": None, "malignant_by": "markers"},
    }
    obs = acquire_cells(make_card(tmp_path, files, **changes), None, tmp_path).obs
    assert len(obs) == adata.n_obs and obs["label"].isna().all()
    assert (
        obs.groupby("sample")["patient"].first().to_dict() == table.set_index("sample")["patient"].to_dict()
    )
    table.iloc[1:].to_csv(tmp_path / "patients.csv", index=False)
    with pytest.raises(InputError, match="a row for every sample"):
        acquire_cells(make_card(tmp_path, files, **changes), None, tmp_path)


def labels(by: str, **mapped: str) -> dict:
    return {"compartments": {"labels": {"from": "cell_type", "map": mapped}, "malignant_by": by}}


def groups(**mapped: str | None) -> dict:
    return {"groups": {"from": "site", "map": mapped}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"patient": None}, "patient"),
        ({"patient": {"from": "donor"}}, "`donor`"),
        ({"patient": {"from": "cell_id"}}, "this one looks like ids of cells"),
        (
            groups(primary="primary") | {"contrasts": [{**CONTRAST, "case": "primary", "reference": "bone"}]},
            ("a group of this card: primary"),
        ),
        (groups(primary="primary", bon="bone"), ("cells with another code or none")),
        (groups(primary="primary", bone=None, liver="bone"), "`bone`, which no patient has"),
        (labels("labels", malignant="malignant"), ("every code of column `cell_type` in the map")),
        (labels("labels", malignant="tumour"), "malignant"),
        (labels("labels", nk="nk"), ("a compartment that the labels map to: nk")),
        ({"compartments": {"labels": None, "malignant_by": "labels"}}, "`markers` or `markers_and_cnv`"),
        ({"expect": {"cells": 7, "patients": 3}}, "expect.cells"),
        ({"expect": {"compartments": {"malignant": 1}}}, "expect.compartments.malignant"),
        ({"role": "simulated"}, "simulated cells must never pass for real ones"),
        ({"contrasts": [{**CONTRAST, "batch": True}]}, "the card has no `batch`"),
        ({"contrasts": [dict(CONTRAST), dict(CONTRAST)]}, "each contrast id once"),
        ({"citation": None}, "say where the data were published"),
    ],
)
def test_every_mistake_has_its_message(folder, adata, changes, said):
    with_ids = adata.copy()
    with_ids.obs["cell_id"] = with_ids.obs_names
    with_ids.write_h5ad(folder / "a.h5ad")
    assert said in refused(folder, **changes)


def test_one_patient_and_a_site_for_each_patient_are_refused(folder, adata):
    one = adata[adata.obs["patient"] == "P01"].copy()
    one.write_h5ad(folder / "a.h5ad")
    assert "cells of one patient cannot be tested" in refused(folder)
    apart = adata[(adata.obs["site"] == "bone") == (adata.obs["patient"] == "P01")].copy()
    apart.write_h5ad(folder / "a.h5ad")
    assert "every patient has one of them only" in refused(folder)


def test_files_and_matrices_that_are_not_there_are_named(folder):
    with pytest.raises(InputError, match=r"did you mean `a\.h5ad`"):
        load_cells(write_card(folder, [{"path": "aa.h5ad"}]))
    assert "no layers/counts; matrices: X" in refused(folder, [{"path": "a.h5ad", "matrix": "layers/counts"}])
    (folder / "a.h5ad").write_text("not HDF5")
    assert "an HDF5 file" in refused(folder)


def test_fractions_and_ids_of_another_kind_are_refused(folder, adata):
    def scanned(**cells):
        card = make_card(folder, FILES)
        card.cells.update(cells)
        acquired = acquire_cells(card, None, folder)
        genes, targets, mito = shared_genes(acquired.matrices, card.cells["gene_id"], symbols(), "card")
        return scan_cells(
            CellSet(acquired.matrices, targets, mito, genes, acquired.obs, card.cells["scale"]), card.qc
        )

    scanned()
    with pytest.raises(InputError, match="gene ids of the kind `ensembl`"):
        scanned(gene_id="ensembl")
    with pytest.raises(InputError, match="no multiples of the smallest"):
        half = adata.copy()
        half.X = half.X * 0.5 + (half.X > 0) * 0.3
        half.write_h5ad(folder / "a.h5ad")
        scanned(scale="log1p_cp10k")
    with pytest.raises(InputError, match="whole numbers from 0 on"):
        scanned()


def test_a_matrix_of_a_newer_anndata_is_named(folder):
    import h5py

    with h5py.File(folder / "a.h5ad", "r+") as file:
        file["X"].attrs["encoding-type"] = "something-new"
    message = refused(folder)
    assert "X" in message and "something-new" in message


def test_files_with_an_address_are_fetched_locked_and_read_as_if_they_lay_beside_the_card(tmp_path, adata):
    host = tmp_path / "mirror" / "host.org"
    host.mkdir(parents=True)
    adata.write_h5ad(host / "cells.h5ad")
    adata.obs[["patient", "site"]].rename_axis("cell").to_csv(host / "more.csv")
    files = [{"path": "a.h5ad", "url": "https://host.org/cells.h5ad"}]
    obs = [
        {"source": "h5ad"},
        {"source": "table", "path": "b.csv", "key": "cell", "url": "https://host.org/more.csv"},
    ]
    card = make_card(tmp_path, files, obs=obs)
    wanted = remote_cells(card)
    assert [(file.name, file.urls) for file in wanted] == [
        ("a.h5ad", ("https://host.org/cells.h5ad",)),
        ("b.csv", ("https://host.org/more.csv",)),
    ]
    assert card.files() == []
    rules = {"lock": tmp_path / "card.lock.tsv", "mirror": str(tmp_path / "mirror")}
    fetch_all(wanted, tmp_path / "downloads", **rules)
    acquired = acquire_cells(card.with_downloads(tmp_path / "downloads"), None, tmp_path)
    assert len(acquired.obs) == adata.n_obs
    assert {source["name"] for source in acquired.sources} == {"a.h5ad", "b.csv"}
    (host / "more.csv").write_text("cell,patient,site\n", encoding="utf-8")
    (tmp_path / "downloads" / "b.csv").unlink()
    with pytest.raises(InputError, match="lock"):  # the file at the address is another one
        fetch_all(wanted, tmp_path / "downloads", **rules)


@pytest.mark.parametrize(
    ("files", "source", "said"),
    [
        ([{"path": "sub/a.h5ad", "url": "https://host.org/a"}], "h5ad", "a plain file name"),
        ([{"path": "raw/s1", "url": "https://host.org/s1"}], "tenx_mtx", "a plain file name"),
        ([{"path": "a.h5ad", "url": "http://host.org/a"}], "h5ad", "https://"),
    ],
)
def test_addresses_that_cannot_be_used_have_their_message(folder, files, source, said):
    cells = {
        "source": source,
        "files": files,
        "gene_id": "symbol",
        "scale": "counts",
        "technology": "droplet",
    }
    assert said in refused(folder, files, cells=cells)


def test_a_cell_that_stands_twice_in_one_file_is_named(folder, adata):
    twice = adata.copy()
    twice.obs_names = [adata.obs_names[0], *adata.obs_names[:-1]]
    twice.write_h5ad(folder / "a.h5ad")
    assert adata.obs_names[0] in refused(folder)


def test_an_obs_column_of_a_newer_anndata_is_named(folder):
    import h5py

    with h5py.File(folder / "a.h5ad", "r+") as file:
        file["obs/patient"].attrs["encoding-type"] = "something-new"
    message = refused(folder)
    assert "obs/patient" in message and "a column as this version of anndata stores it" in message


def as_geo_has_them(
    adata, folder: Path, names: tuple[str, ...] = ("matrix", "barcodes", "genes")
) -> pd.DataFrame:
    """Three files a sample under the names of a series' supplement; patients and sites of the samples."""
    folder.mkdir()
    for number, (name, part) in enumerate(adata.obs.groupby("sample", observed=True)):
        write_tenx_mtx(
            folder / "one",
            sparse.csr_matrix(adata[part.index].X),
            list(range(len(part))),
            list(adata.var_names),
        )
        for kind, called in zip(("matrix.mtx", "barcodes.tsv", "features.tsv"), names, strict=True):
            (folder / "one" / f"{kind}.gz").rename(
                folder / f"GSM{number}_{name}_{called}.{kind.split('.')[1]}.gz"
            )
        (folder / "one").rmdir()
    table = adata.obs.drop_duplicates("sample")[["sample", "patient", "site", "subtype"]].sort_values(
        "sample"
    )
    return table.assign(sample=[f"GSM{number}_{name}" for number, name in enumerate(table["sample"])])


CALLED_HERE = {
    "obs": [{"source": "table", "path": "patients.csv", "key": "sample"}],
    "compartments": {"labels": None, "malignant_by": "markers"},
}
TENX = {"source": "tenx_mtx", "gene_id": "symbol", "scale": "counts", "technology": "droplet"}


def test_samples_under_prefixes_are_proposed_and_read(tmp_path, adata):
    table = as_geo_has_them(adata, tmp_path / "raw")
    table.to_csv(tmp_path / "patients.csv", index=False)
    proposed = yaml.safe_load(cells_text("made", tmp_path / "raw", tmp_path / "made.yaml"))["cells"]
    assert proposed["source"] == "tenx_mtx" and proposed["gene_id"] == "symbol"
    assert proposed["files"] == [{"path": f"raw/{name}", "sample": name} for name in table["sample"]]
    card = make_card(tmp_path, [], cells={**TENX, "files": proposed["files"]}, **CALLED_HERE)
    assert len(card.files()) == 3 * len(table) + 1
    acquired = acquire_cells(card, None, tmp_path)
    assert acquired.obs["patient"].value_counts().to_dict() == adata.obs["patient"].value_counts().to_dict()
    (tmp_path / "raw" / f"{table['sample'].iloc[0]}_barcodes.tsv.gz").unlink()
    with pytest.raises(InputError, match=r"barcodes\.tsv \(\.gz\) as .*_barcodes\.tsv"):
        acquire_cells(card, None, tmp_path)


def test_samples_under_prefixes_are_fetched_with_genes_or_features(tmp_path, adata):
    host = tmp_path / "mirror" / "host.org"
    host.parent.mkdir()
    table = as_geo_has_them(adata, host)  # genes.tsv: features.tsv is asked for first and not there
    table.to_csv(tmp_path / "patients.csv", index=False)
    files = [{"path": name, "sample": name, "url": f"https://host.org/{name}"} for name in table["sample"]]
    card = make_card(tmp_path, [], cells={**TENX, "files": files}, **CALLED_HERE)
    wanted = remote_cells(card)
    assert len(wanted) == 3 * len(table) and card.files() == [tmp_path / "patients.csv"]
    fetch_all(
        wanted, tmp_path / "downloads", lock=tmp_path / "card.lock.tsv", mirror=str(tmp_path / "mirror")
    )
    acquired = acquire_cells(card.with_downloads(tmp_path / "downloads"), None, tmp_path)
    assert len(acquired.obs) == adata.n_obs and len(acquired.sources) == 3 * len(table) + 1


def test_a_folder_of_h5_files_and_an_archive_are_told(tmp_path, adata):
    for name in ("GSM1_A", "GSM2_B"):
        write_tenx_h5(
            tmp_path / f"{name}.h5", sparse.csr_matrix(adata[:5].X), list("abcde"), list(adata.var_names)
        )
    proposed = yaml.safe_load(cells_text("made", tmp_path, tmp_path / "made.yaml"))["cells"]
    assert proposed["source"] == "tenx_h5"
    assert proposed["files"] == [{"path": f"{n}.h5", "sample": n} for n in ("GSM1_A", "GSM2_B")]
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "GSE1_RAW.tar").write_bytes(b"")
    with pytest.raises(InputError, match=r"tar -xf GSE1_RAW\.tar"):
        cells_text("made", tmp_path / "packed", tmp_path / "made.yaml")


def test_a_card_is_proposed_from_a_file_and_from_folders(folder, adata):
    text = cells_text("made", folder / "a.h5ad", folder / "made.yaml")
    card = yaml.safe_load(text)
    assert card["cells"]["files"] == [{"path": "a.h5ad", "matrix": "X"}]
    assert (card["patient"], card["sample"]) == ({"from": "patient"}, {"from": "sample"})
    assert card["groups"] == {"from": "site", "map": {"bone": "bone", "primary": "primary"}}
    assert card["compartments"]["labels"]["map"]["t_cd8"] == "t_cd8"
    answered = text.replace('"QUESTION: droplet, full_length or nuclei"', "droplet")
    answered = answered.replace('"QUESTION: true or false: do patients have both groups?"', "true")
    (folder / "made.yaml").write_text(answered, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_cells(folder / "made.yaml")
    assert str(caught.value).count("open question") == 3  # title, citation and documentation are for people
    for name in ("S1", "S2"):
        write_tenx_mtx(folder / name, sparse.csr_matrix(adata[:5].X), list("abcde"), list(adata.var_names))
    card = yaml.safe_load(cells_text("made", folder, folder / "made.yaml"))
    assert card["cells"]["source"] == "tenx_mtx"
    assert card["cells"]["files"] == [{"path": name, "sample": name} for name in ("S1", "S2")]


@pytest.mark.parametrize(
    ("label", "compartment"),
    [
        ("Cancer Epithelial", "malignant"),
        ("Normal Epithelial", "epithelial_normal"),
        ("T-cells CD8+", "t_cd8"),
        ("T cells CD4+", "t_cd4"),
        ("NK cells", "nk"),
        ("B-cells", "b"),
        ("Plasmablasts", "plasma"),
        ("PVL", "pericyte"),
        ("CAFs", "fibroblast"),
        ("Osteoclast", "osteoclast"),
        ("Monocytes/Macrophages", "myeloid"),
        ("Endothelial", "endothelial"),
    ],
)
def test_labels_of_the_field_are_recognised(tmp_path, label, compartment):
    obs = pd.DataFrame(
        {"cell_type": [label, "zzz"] * 3, "patient": ["a", "b", "c"] * 2}, index=[f"c{i}" for i in range(6)]
    )
    ad.AnnData(
        sparse.csr_matrix(np.ones((6, 2), dtype=np.float32)), obs=obs, var=pd.DataFrame(index=["IRF7", "MX1"])
    ).write_h5ad(tmp_path / "a.h5ad")
    card = yaml.safe_load(cells_text("made", tmp_path / "a.h5ad", tmp_path / "made.yaml"))
    assert card["compartments"]["labels"]["map"][label] == compartment
    assert card["compartments"]["labels"]["map"]["zzz"].startswith("QUESTION")

"""Sources: what a file holds is what is acquired, whatever its format, and nothing else runs."""

from __future__ import annotations

import gzip
import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire import package, table
from irf7bone.acquire.acquired import Acquired, read_acquired, write_acquired
from irf7bone.acquire.sources import acquire, input_files
from irf7bone.base.errors import InputError

SURVSET_GSE3143 = {
    "source": "package",
    "package": "SurvSet",
    "dataset": "gse3143",
    "sha256": "85e0292fde1063a8a26f60b7519889b7384d298256116759f84f8d8b6a39a483",
    "gene_prefix": "num_HS_",
    "sample_column": "pid",
}


def folder_card(
    folder: Path, expression: dict | None = None, clinical: tuple[dict, ...] = ()
) -> SimpleNamespace:
    """As much of a card as sources look at."""
    return SimpleNamespace(
        path=folder / "card.yaml",
        resolve=lambda name: folder / name,
        expression=expression or {},
        clinical=clinical,
    )


def read(folder: Path, name: str, genes_in: str = "rows") -> pd.DataFrame:
    entry = {"path": name, "genes_in": genes_in}
    return table.read_expression(folder_card(folder), entry)[0]


WRITERS = {
    "e.csv": lambda frame, path: frame.to_csv(path),
    "e.tsv": lambda frame, path: frame.to_csv(path, sep="\t"),
    "e.txt": lambda frame, path: frame.to_csv(path, sep="\t", quoting=2),
    "e.csv.gz": lambda frame, path: frame.to_csv(path),
    "e.tsv.gz": lambda frame, path: frame.to_csv(path, sep="\t"),
    "e.parquet": lambda frame, path: frame.to_parquet(path),
    "no_index.parquet": lambda frame, path: frame.reset_index(names="gene").to_parquet(path),
    "windows.csv": lambda frame, path: path.write_bytes(frame.to_csv().replace("\n", "\r\n").encode()),
    "byte_order_mark.csv": lambda frame, path: frame.to_csv(path, encoding="utf-8-sig"),
    "no_last_line_end.csv": lambda frame, path: path.write_text(frame.to_csv().rstrip("\n")),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("genes_in", ["rows", "columns"])
def test_every_format_gives_the_same_expression(tmp_path, expression, name, genes_in):
    WRITERS[name](expression if genes_in == "rows" else expression.T, tmp_path / name)
    pd.testing.assert_frame_equal(
        read(tmp_path, name, genes_in), expression, check_index_type=False, check_column_type=False
    )


def test_ids_stay_the_text_they_are(tmp_path):
    ids = ["007", "1e5", "1-Mar", "TRUE", "NA", "2.0", "é"]
    lines = [f'"{name}",{i}' for i, name in enumerate(ids)]
    (tmp_path / "e.csv").write_text("\n".join(["id,0042", *lines]) + "\n", encoding="utf-8")
    frame = read(tmp_path, "e.csv")
    assert frame.index.tolist() == ids
    assert frame.columns.tolist() == ["0042"]
    (tmp_path / "c.tsv").write_text("key\tcode\n007\t01\n1e5\t1e5\n", encoding="utf-8")
    clinical, _ = table.read_clinical(folder_card(tmp_path), {"path": "c.tsv", "key": "key"})
    assert clinical["code"].to_dict() == {"007": "01", "1e5": "1e5"}


def test_whole_number_ids_of_parquet_become_their_digits(tmp_path):
    frame = pd.DataFrame({"P1": [1.0], "P2": [2.0]}, index=pd.Index([3665], name="entrez"))
    frame.to_parquet(tmp_path / "e.parquet")
    assert read(tmp_path, "e.parquet").index.tolist() == ["3665"]


def test_words_for_missing_and_spellings_of_numbers(tmp_path):
    (tmp_path / "e.csv").write_text("id,a,b,c\ng1,NA,, 2.5 \ng2,+1.5,1e2,NaN\n", encoding="utf-8")
    np.testing.assert_array_equal(
        read(tmp_path, "e.csv").to_numpy(), [[np.nan, np.nan, 2.5], [1.5, 100, np.nan]]
    )
    (tmp_path / "c.tsv").write_text("key\ta\tb\nP1\tNA\tx y\nP2\t\tN/A\n", encoding="utf-8")
    clinical, _ = table.read_clinical(folder_card(tmp_path), {"path": "c.tsv", "key": "key"})
    assert clinical.to_numpy().tolist() == [[None, "x y"], [None, None]]


def test_a_quoted_cell_may_hold_the_delimiter_and_a_quote_may_stand_inside_a_cell(tmp_path):
    lines = ["key,note", 'P1,"pT2, ""large"""', 'P2,5" nail', 'P3,"a,"', 'P4,""']
    (tmp_path / "c.csv").write_text("\n".join([*lines, ""]), encoding="utf-8")
    clinical, _ = table.read_clinical(folder_card(tmp_path), {"path": "c.csv", "key": "key"})
    assert clinical["note"].tolist() == ['pT2, "large"', '5" nail', "a,", None]


def test_a_clinical_column_called_sample_is_not_lost(tmp_path):
    clinical = pd.DataFrame(
        {"sample": ["tumour", None], "age": ["40", "50"]}, index=["P1", "P2"], dtype=object
    )
    acquired = Acquired(pd.DataFrame([[1.0, 2.0]], index=["a"], columns=["P1", "P2"]), clinical, [])
    paths = {part: tmp_path / part for part in ("expression", "clinical", "source")}
    write_acquired(acquired, **paths)
    back = read_acquired(**paths).clinical
    assert back.index.tolist() == ["P1", "P2"]
    assert back.to_dict() == clinical.to_dict()


def test_a_row_of_more_than_four_megabytes_is_read(tmp_path):
    cells = ",".join(["0." + "3" * 5000] * 1000)
    names = ",".join(f"g{i}" for i in range(1000))
    (tmp_path / "e.csv").write_text(f"id,{names}\nP1,{cells}\nP2,{cells}\n", encoding="utf-8")
    assert (read(tmp_path, "e.csv", "columns") == 1 / 3).all(axis=None)


def test_clinical_sources_are_merged_in_order(tmp_path):
    (tmp_path / "a.tsv").write_text("key\tage\ter\nP1\t40\tNA\nP2\t50\tneg\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("key\ter\tgrade\nP3\tpos\t3\nP1\tpos\t2\n", encoding="utf-8")
    (tmp_path / "e.csv").write_text("id,P1\nIRF7,1\n", encoding="utf-8")
    entries = [{"source": "table", "path": name, "key": "key"} for name in ("a.tsv", "b.tsv")]
    expression = {"source": "table", "path": "e.csv", "genes_in": "rows"}
    acquired = acquire(folder_card(tmp_path, expression, entries))
    assert acquired.clinical.index.tolist() == ["P1", "P2", "P3"]
    assert acquired.clinical.to_dict("list") == {
        "age": ["40", "50", None],
        "er": ["pos", "neg", "pos"],
        "grade": ["2", None, "3"],
    }
    assert [source["role"] for source in acquired.sources] == ["expression", "clinical", "clinical"]


def test_clinical_sources_that_contradict_each_other_are_refused(tmp_path):
    (tmp_path / "a.tsv").write_text("key\ter\nP1\tneg\n", encoding="utf-8")
    (tmp_path / "b.tsv").write_text("key\ter\nP1\tpos\n", encoding="utf-8")
    (tmp_path / "e.csv").write_text("id,P1\nIRF7,1\n", encoding="utf-8")
    entries = [{"source": "table", "path": name, "key": "key"} for name in ("a.tsv", "b.tsv")]
    card = folder_card(tmp_path, {"source": "table", "path": "e.csv", "genes_in": "rows"}, entries)
    with pytest.raises(InputError, match=r"P1: 'neg' and 'pos'"):
        acquire(card)


def test_written_and_read_back_is_the_same_and_the_same_bytes(tmp_path):
    expression = pd.DataFrame(
        [[1.0, np.nan], [0.1, 3.0], [1.0, 2.0]], index=["a", "a", "007"], columns=["id", "P2"]
    )
    clinical = pd.DataFrame({"n": ["1e5", None], "t": ["a\tb", 'c "d"']}, index=["id", "NA1"], dtype=object)
    acquired = Acquired(expression, clinical, [{"role": "expression", "name": "e", "sha256": "0"}])
    paths = [{part: tmp_path / run / part for part in ("expression", "clinical", "source")} for run in "12"]
    for each in paths:
        write_acquired(acquired, **each)
    back = read_acquired(**paths[0])
    pd.testing.assert_frame_equal(
        back.expression, expression, check_index_type=False, check_column_type=False
    )
    assert back.clinical.to_dict() == clinical.to_dict()
    assert back.sources == acquired.sources
    for part in paths[0]:
        assert paths[0][part].read_bytes() == paths[1][part].read_bytes()
    assert {path.name for path in (tmp_path / "1").iterdir()} == {"expression", "clinical", "source"}


def test_input_files_are_those_the_card_names_and_cost_no_heavy_import(tmp_path):
    entries = [{"source": "table", "path": name, "key": "k"} for name in ("a.tsv", "b.tsv", "a.tsv")]
    card = folder_card(tmp_path, {"source": "table", "path": "e.csv"}, entries)
    assert input_files(card) == [tmp_path / name for name in ("e.csv", "a.tsv", "b.tsv")]
    assert input_files(folder_card(tmp_path, SURVSET_GSE3143, [{"source": "package"}])) == []
    simulated = input_files(folder_card(tmp_path, {"source": "simulate"}, [{"source": "simulate"}]))
    assert simulated and all(path.is_file() for path in simulated)
    said = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, irf7bone.acquire.sources; print({'numpy', 'pandas'} & set(sys.modules))",
        ],
        env={"PYTHONPATH": str(Path(package.__file__).parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout.strip() == "set()"


def test_an_unknown_source_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"one of .*package, r_file, simulate.*, table"):
        acquire(folder_card(tmp_path, {"source": "tape"}))


def test_a_package_gives_what_its_own_loader_gives_without_being_imported(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "SurvSet"]:
        monkeypatch.delitem(sys.modules, name)
    acquired = acquire(folder_card(tmp_path, SURVSET_GSE3143, [{"source": "package"}]))
    assert "SurvSet" not in sys.modules
    path = (
        Path(importlib.util.find_spec("SurvSet").origin).parent / "resources" / "pickles" / "gse3143.pickle"
    )
    with path.open("rb") as file, pytest.warns(DeprecationWarning, match=r"numpy\.core"):
        own = pickle.load(file).set_index("pid")
    genes = [name for name in own if name.startswith("num_HS_")]
    assert acquired.expression.shape == (8659, 158)
    np.testing.assert_array_equal(acquired.expression.to_numpy(), own[genes].to_numpy(dtype=float).T)
    assert acquired.expression.loc["IRF7"].tolist() == own["num_HS_IRF7"].tolist()
    assert acquired.clinical["event"].astype(int).to_dict() == own["event"].to_dict()
    assert acquired.clinical["time"].astype(float).to_dict() == own["time"].to_dict()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sha256": "0" * 64}, "install the version of the package"),
        ({"dataset": "gse3134"}, "gse3143"),
        ({"package": "lifelines"}, "a package that this version reads"),
        ({"gene_prefix": "gene_"}, "no column that starts with 'gene_'"),
        ({"sample_column": "patient"}, "use one of: pid, event, time"),
    ],
)
def test_a_package_card_that_does_not_fit_the_package(tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        acquire(folder_card(tmp_path, SURVSET_GSE3143 | changes, [{"source": "package"}]))


def test_a_package_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="not installed in this environment"):
        acquire(folder_card(tmp_path, SURVSET_GSE3143, [{"source": "package"}]))


class _Trap:
    """Pickles into a call that leaves a trace."""

    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return Path.touch, (self.trace,)


def test_a_pickle_that_would_run_code_is_refused_before_it_runs(tmp_path, monkeypatch):
    trace = tmp_path / "trace"
    content = pickle.dumps(_Trap(trace))
    path = tmp_path / "trap.pickle"
    path.write_bytes(content)
    monkeypatch.setattr(package, "_find", lambda entry, where: (path, "trap"))
    entry = SURVSET_GSE3143 | {"sha256": package.hashlib.sha256(content).hexdigest()}
    with pytest.raises(InputError, match="which no table needs"):
        package.read_expression(folder_card(tmp_path), entry)
    assert not trace.exists()
    pickle.loads(content)  # the trap works
    assert trace.exists()


def test_gzip_in_several_members_is_read_whole(tmp_path):
    (tmp_path / "e.csv.gz").write_bytes(gzip.compress(b"id,P1\ng1,1\n") + gzip.compress(b"g2,2\n"))
    assert read(tmp_path, "e.csv.gz")["P1"].to_dict() == {"g1": 1.0, "g2": 2.0}

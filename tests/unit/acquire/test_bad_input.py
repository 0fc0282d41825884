"""Every way in which an input can be bad has its own message, which says where, what and how to mend it."""

from __future__ import annotations

import gzip
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from irf7bone.acquire import table, text
from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import InputError
from irf7bone.harmonise.cohort import harmonise

GOOD = "gene,P1,P2\nIRF7,1.5,2\nSTAT1,3,4\n"
COMPRESSED = gzip.compress((GOOD * 500).encode(), mtime=0)
LATIN = GOOD.replace("STAT1", "caf\xe9").encode("latin-1")
RAGGED = (GOOD + "MX1,5\nMX2,1,2,3\n").encode()
NAMELESS = GOOD.replace("gene,", "").encode()
EXCEL = b"PK\x03\x04\x14\x00\x06\x00"

# file name, its content, what the message must say, what its remedy must say
FILES = {
    "empty": ("e.csv", b"", "an empty file", "again"),
    "empty gzip": ("e.csv.gz", gzip.compress(b"\n"), "an empty file", "again"),
    "truncated gzip": ("e.csv.gz", COMPRESSED[:-20], "truncated", "cut off"),
    "damaged gzip": ("e.csv.gz", COMPRESSED[:-8] + b"\0" * 8, "damaged", "checksum"),
    "not gzip": ("e.csv.gz", GOOD.encode(), "gzip-compressed content", "rename"),
    "gzip by another name": ("e.csv", COMPRESSED, "plain content, as the name says", "rename"),
    "html": ("e.csv", b"\n <!DOCTYPE html>\n<html>404</html>", "a web page", "right address"),
    "html under .gz": ("e.csv.gz", b"<html><body>no</body></html>", "a web page", "right address"),
    "gzipped html": ("e.csv.gz", gzip.compress(b"<html>no</html>"), "a web page", "right address"),
    "html as parquet": ("e.parquet", b"<html><body>no</body></html>", "a web page", "right address"),
    "latin-1": ("e.csv", LATIN, "line 3.*0xe9", "iconv -f LATIN1"),
    "utf-16": ("e.csv", GOOD.encode("utf-16"), "UTF-16", "iconv -f UTF-16"),
    "spreadsheet": ("e.csv", EXCEL, "a spreadsheet", "export the sheet"),
    "binary": ("e.csv", b"a,b\nc\0,d\n", "a zero byte", "is the table it is named for"),
    "unknown suffix": ("e.dat", GOOD.encode(), r"'e\.dat'", "rename"),
    "commas in tsv": ("e.tsv", GOOD.encode(), "no tab in the header; .* 2 x comma", "with tabs"),
    "semicolons in csv": ("e.csv", GOOD.replace(",", ";").encode(), "2 x semicolon", "with commas"),
    "ragged": ("e.csv", RAGGED, "line 4: 2 columns, line 5: 4 columns", "stray"),
    "R's header": ("e.csv", NAMELESS, "2 names: the first column has none", "first line"),
    "header only": ("e.csv", b"gene,P1,P2\n", "a header only", "again"),
    "no number": ("e.csv", GOOD.replace("1.5", "n.d.").encode(), r"'n\.d\.' \(row IRF7, column P1\)", "NA"),
    "decimal comma": ("e.tsv", b"gene\tP1\nIRF7\t1,5\n", "'1,5'", "a point, not a comma"),
    "text column": ("e.csv", b"gene,chip,P1\nIRF7,x,1\nMX1,y,2\n", "2 cells", "hold no expression: chip"),
    "repeated sample": ("e.csv", b"gene,P1,P1\nIRF7,1,2\n", "1 repeated\n.*P1", "replicates"),
    "nameless sample": ("e.csv", b"gene,P1,\nIRF7,1,2\n", "a sample id in every place", "give each"),
    "nameless gene": ("e.csv", b"gene,P1\n,1\nMX1,2\n", "a gene id in every place", "give each"),
    "open quote": ("e.csv", b'gene,P1\n"IRF7,1\nMX1,2\n"MX2,3\n', 'line 2: "IRF7.*line 4: "M', "double it"),
    "line end in a cell": ("e.csv", b'gene,P1\n"IRF7\nold",1\nMX1,2\n', 'line 2: "IRF7', "in one line"),
    "open quote in the header": ("e.csv", b'gene,"P1\nIRF7,1\n', 'line 1: gene,"P1', "remove the quote"),
    "old Mac line ends": ("e.csv", GOOD.replace("\n", "\r").encode(), "line 1.*old Mac", "tr"),
    "one old Mac line end": ("e.csv", b"gene,P1\r\nIRF7,1\rMX1,2\r\n", "line 2.*old Mac", "tr"),
    "not parquet": ("e.parquet", b"PAR1 and no more", "a damaged one", "again"),
}  # fmt: skip


def card_in(folder) -> SimpleNamespace:
    return SimpleNamespace(path=folder / "card.yaml", resolve=lambda name: folder / name)


@pytest.mark.parametrize("case", FILES)
def test_bad_expression_file(tmp_path, case):
    name, content, said, remedy = FILES[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=f"(?s){said}") as caught:
        table.read_expression(card_in(tmp_path), {"path": name, "genes_in": "rows"})
    [problem] = caught.value.problems
    assert problem.where.startswith(str(tmp_path / name))
    assert remedy in problem.remedy


def test_missing_file_and_folder(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for name, found in (("absent.csv", "nothing there"), ("folder.csv", "a folder")):
        with pytest.raises(InputError, match=found):
            table.read_expression(card_in(tmp_path), {"path": name, "genes_in": "rows"})


def test_parquet_with_text_or_decimal_ids(tmp_path):
    entry = {"path": "e.parquet", "genes_in": "rows"}
    pd.DataFrame({"gene": ["IRF7"], "P1": ["high"]}).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(InputError, match="1 columns that hold no numbers"):
        table.read_expression(card_in(tmp_path), entry)
    pd.DataFrame({"gene": [3665.5], "P1": [1.0]}).to_parquet(tmp_path / "e.parquet")
    with pytest.raises(InputError, match="ids stored as text"):
        table.read_expression(card_in(tmp_path), entry)


def test_genes_in_columns_may_repeat_but_samples_in_rows_may_not(tmp_path):
    (tmp_path / "e.csv").write_text("sample,IRF7,IRF7\nP1,1,2\nP1,3,4\n", encoding="utf-8")
    with pytest.raises(InputError, match="sample id once") as caught:
        table.read_expression(card_in(tmp_path), {"path": "e.csv", "genes_in": "columns"})
    assert "first column" in caught.value.problems[0].where


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("sample\tage\nP1\t40\nP1\t41\n", "sample id once"),
        ("sample\tage\n\t40\nP1\t41\n", "sample id in every place"),
        ("sample\tage\tage\nP1\t40\t41\n", "every column name once"),
        ("Sample\tage\nP1\t40\n", "set key: Sample"),
    ],
)
def test_bad_clinical_table(tmp_path, content, said):
    (tmp_path / "c.tsv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=said):
        table.read_clinical(card_in(tmp_path), {"path": "c.tsv", "key": "sample"})


@pytest.fixture
def refused(make_card, symbols):
    """A function that harmonises a made-up cohort, which must be refused, and returns the problems."""

    def run(**changes):
        card = make_card(**changes)
        with pytest.raises(InputError) as caught:
            harmonise(acquire(card), card, symbols)
        return caught.value.problems

    return run


@pytest.fixture
def accepted(make_card, symbols):
    """A function that harmonises a made-up cohort."""

    def run(**changes):
        card = make_card(**changes)
        return harmonise(acquire(card), card, symbols)

    return run


def test_samples_that_match_no_clinical_row(refused, clinical):
    [problem] = refused(patients=clinical.assign(sample=[f"GSM{i}" for i in range(12)]))
    assert "none of 12 is in both" in problem.found
    assert "'P-01'" in problem.found and "'GSM0'" in problem.found


def test_samples_that_match_some_clinical_rows_are_counted_and_named(accepted, expression, clinical):
    flow = accepted(
        genes=expression.drop(columns="P-03"), patients=clinical[~clinical["sample"].isin(["P-12"])]
    ).flow
    assert flow[["step", "reason", "n_dropped", "n_left", "dropped"]].to_numpy().tolist() == [
        [0, "none", 0, 12, None],
        [1, "no expression", 1, 11, "P-03"],
        [1, "no clinical data", 1, 10, "P-12"],
    ]


@pytest.mark.parametrize("other", ["P.01", "p-01", "P_01", "P01", "P-01 "])
def test_ids_that_are_written_differently(refused, clinical, other):
    [problem] = refused(patients=clinical.replace({"sample": {"P-01": other}}))
    assert "differ only in" in problem.found
    assert problem.offenders == (f"'P-01' and {other!r}",)
    assert "check.names=FALSE" in problem.remedy


NUMBERED = [f"{i:03d}" for i in range(1, 13)]


def test_ids_that_lost_their_zeros_are_told_even_if_the_rest_match(refused, expression, clinical):
    genes = expression.set_axis(["1", *NUMBERED[1:]], axis=1)
    [problem] = refused(genes=genes, patients=clinical.assign(sample=NUMBERED))
    assert problem.found == "1 pairs that differ only in zeros at the start"
    assert problem.offenders == ("'1' and '001'",)
    assert "strips them" in problem.remedy


def test_ids_that_became_decimals(refused, expression, clinical):
    numbers = [str(i) for i in range(1, 13)]
    genes = expression.set_axis([f"{i}.0" for i in range(1, 12)] + ["12"], axis=1)
    [problem] = refused(genes=genes, patients=clinical.assign(sample=numbers))
    assert problem.found == "11 pairs that differ only in a decimal '.0'"
    assert problem.offenders[0] == "'1.0' and '1'"
    assert "without decimals" in problem.remedy


def test_an_id_with_a_decimal_is_not_taken_for_ten_times_itself(accepted, expression, clinical):
    numbers = [str(i) for i in range(10, 22)]
    genes = expression.set_axis(["1.0", *numbers[1:]], axis=1)
    flow = accepted(genes=genes, patients=clinical.assign(sample=numbers)).flow
    assert flow["dropped"].tolist() == [None, "10", "1.0"]


def test_ids_damaged_by_r_in_all_samples_are_told_apart_from_ids_of_another_kind(refused, clinical):
    [problem] = refused(patients=clinical.assign(sample=clinical["sample"].str.replace("-", ".")))
    assert problem.found.startswith("12 pairs that differ only in")


def test_negative_times(refused, clinical):
    [problem] = refused(patients=clinical.replace({"months": {"10": "-3"}}))
    assert problem.expected == "times of 0 or more"
    assert problem.offenders == ("P-01: -3",)


def test_a_negative_time_in_a_sample_that_the_card_excludes_by_name(accepted, clinical):
    rule = {"samples": ["P-01"], "reason": "negative time in the source"}
    cohort = accepted(patients=clinical.replace({"months": {"10": "-3"}}), exclude=[rule]).adata
    assert "P-01" not in cohort.obs_names
    assert cohort.n_obs == 11


def test_times_in_another_unit(refused, clinical):
    [problem] = refused(patients=clinical.assign(months=[str(800 + i) for i in range(12)]))
    assert "at most 60 years of follow-up in months" in problem.expected
    assert "unit" in problem.remedy


def test_times_that_are_no_numbers(refused, clinical):
    [problem] = refused(patients=clinical.replace({"months": {"10": ">120", "15": "inf"}}))
    assert problem.expected == "numbers"
    assert problem.offenders == ("P-01: '>120'", "P-02: 'inf'")


@pytest.mark.parametrize(
    ("value", "remedy"),
    [
        ("12,5", "decimals take a point, not a comma"),
        ("12 months", "numbers only; put the unit in the card"),
        ("unknown", "correct them in the source table, or write NA"),
    ],
)
def test_a_value_that_is_no_number_names_its_column_and_how_to_mend_it(refused, clinical, value, remedy):
    [problem] = refused(patients=clinical.replace({"months": {"10": value}}))
    assert problem.found == "1 values of column 'months' that are none"
    assert problem.remedy.startswith(remedy)
    problems = refused(
        patients=clinical.assign(mm=["500", value, *["20"] * 10]),
        fields={"size_cm": {"from": "mm", "unit": "mm"}},
    )
    assert problems[0].found == "1 values of column 'mm' that are none"
    assert problems[1].expected.endswith("in column 'mm'")


@pytest.mark.parametrize(
    ("empty", "named"),
    [(["months"], "'months'"), (["bone"], "'bone'"), (["months", "bone"], "'months', 'bone'")],
)
def test_an_endpoint_that_nobody_has(refused, clinical, empty, named):
    [problem] = refused(patients=clinical.assign(**dict.fromkeys(empty)))
    assert problem.where.endswith("endpoints.bone")
    assert f"no value in column {named} of the clinical data" in problem.found
    assert "remove the endpoint from the card" in problem.remedy


def test_an_endpoint_whose_columns_are_never_filled_together(refused, clinical):
    patients = clinical.copy()
    patients.loc[:5, "months"] = None
    patients.loc[6:, "bone"] = None
    [problem] = refused(patients=patients)
    assert "in all of the columns 'months', 'bone', 'relapse'" in problem.found


def test_an_exclusion_that_excludes_nobody(refused, accepted, clinical):
    fields = {"age": {"from": "age", "unit": "years"}}
    patients = clinical.assign(age=["50", *["60"] * 11])
    rule = {"field": "age", "equals": 51, "reason": "r"}
    [problem] = refused(patients=patients, fields=fields, exclude=[rule])
    assert "this rule excludes nobody" in problem.found
    assert problem.where.endswith("exclude: field age")
    assert problem.offenders == ("50.0", "60.0")
    cohort = accepted(patients=patients, fields=fields, exclude=[{**rule, "equals": 50}]).adata
    assert cohort.n_obs == 11


def test_a_code_with_two_meanings(refused, clinical):
    fields = {"er": {"from": "er", "map": {"TRUE": "positive", "true": "negative", "1": None, "1.0": None}}}
    [problem] = refused(patients=clinical.assign(er="true"), fields=fields)
    assert problem.found == "1 codes with two"
    assert problem.offenders == ("'true', which is read as 'true'",)


@pytest.mark.parametrize("written", [True, "TRUE", "True"])
def test_true_and_false_are_codes_however_they_are_written(accepted, clinical, written):
    endpoint = {
        "definition": "d",
        "time": {"from": "months", "unit": "months"},
        "event": {"from": "bone", "is": written, "else": not written if written is True else "FALSE"},
    }
    words = {"1": ["TRUE", "True", "true"], "0": ["FALSE", "False", "false"]}
    bone = [words[value][i % 3] for i, value in enumerate(clinical["bone"])]
    patients = clinical.assign(bone=bone, er=bone)
    fields = {"er": {"from": "er", "map": {"TRUE": "positive", "false": "negative"}}}
    obs = accepted(patients=patients, endpoints={"bone": endpoint}, fields=fields).adata.obs
    assert obs["bone_event"].tolist() == clinical["bone"].astype(float).tolist()
    assert (obs["er"] == "positive").tolist() == (obs["bone_event"] == 1).tolist()


def test_missing_time_or_event_is_missing_both_and_counted(accepted, clinical):
    patients = clinical.copy()
    patients.loc[0, "months"] = None
    patients.loc[1, "bone"] = None
    patients.loc[2, ["months", "bone"]] = None
    patients.loc[4, "relapse"] = None  # no bone relapse, and not known whether elsewhere
    patients.loc[7, "relapse"] = None  # a bone relapse needs no word on others
    obs = accepted(patients=patients).adata.obs
    columns = ["bone_time_months", "bone_event", "bone_competing"]
    assert obs.index[obs[columns].isna().all(axis=1)].tolist() == ["P-01", "P-02", "P-03", "P-05"]
    assert obs[columns].notna().all(axis=1).sum() == 8
    assert obs.loc["P-08", "bone_event"] == 1


def test_events_other_than_those_of_the_card(refused, clinical):
    [problem] = refused(patients=clinical.replace({"bone": {"1": "yes"}}))
    assert problem.found == "3 samples with other values"
    assert problem.offenders == ("'yes' (3 samples)",)
    assert "`else`" in problem.remedy


def test_a_column_that_is_not_there_and_codes_without_a_meaning_are_told_together(refused):
    problems = refused(
        fields={
            "er": {"from": "er_status", "map": {"ER+": "positive"}},
            "age": {"from": "ages", "unit": "years"},
        },
        endpoints={
            "bone": {
                "definition": "d",
                "time": {"from": "month", "unit": "months"},
                "event": {"from": "bone", "is": 1},
            }
        },
    )
    assert [problem.where.rpartition(", ")[2] for problem in problems] == [
        "fields.er.map",
        "fields.age.from",
        "endpoints.bone.time.from",
    ]
    assert problems[0].offenders == ("'ER-' (6 samples)",)
    assert problems[2].remedy == "use 'months'"


def test_impossible_covariates(refused, clinical):
    [problem] = refused(
        patients=clinical.assign(size=["25"] * 6 + ["410"] * 6),
        fields={"size_cm": {"from": "size", "unit": "mm"}},
    )
    assert problem.found == "6 outside"
    assert "unit" in problem.remedy


@pytest.mark.parametrize(
    ("rename", "guess"),
    [
        (lambda i: f"ENSG{i:011d}", "human Ensembl gene ids"),
        (lambda i: f"ENSMUSG{i:011d}", "Ensembl gene ids of another species"),
        (lambda i: f"{208436 + i}_s_at", "Affymetrix probe ids"),
        (lambda i: f"ILMN_{i}", "Illumina probe ids"),
        (lambda i: ["Irf7", "Isg15", "Stat1", "Mx1"][i % 4], "mouse symbols"),
        (lambda i: str(900_000_000 + i), "Entrez gene ids, or row numbers"),
        (lambda i: f"#{i}", "no kind of id that is known"),
    ],
)
def test_genes_that_are_all_unknown(refused, expression, rename, guess):
    [problem] = refused(genes=expression.set_axis([rename(i) for i in range(len(expression))], axis=0))
    assert problem.found.startswith("0 known among 24")
    assert guess in problem.found


def test_infinite_values(refused, expression):
    expression.loc["STAT1", "P-02"] = -np.inf
    [problem] = refused(genes=expression)
    assert problem.found == "1 infinite values"
    assert problem.offenders == ("STAT1 in P-02",)


def test_genes_with_missing_values_are_dropped_and_named(accepted, expression):
    expression.loc["STAT1", "P-02"] = np.nan
    cohort = accepted(genes=expression).adata
    assert "STAT1" not in cohort.var_names
    assert cohort.n_vars == 23
    assert '"missing values": {"count": 1, "ids": ["STAT1"]}' in cohort.uns["provenance"]


def test_missing_values_in_most_genes(refused, expression):
    expression.iloc[:20, 4] = np.nan
    [problem] = refused(genes=expression)
    assert problem.found == "missing values in 20 of 24 genes"
    assert problem.offenders[0] == "P-05: 83% missing"


def test_a_constant_gene_is_dropped_and_named(accepted, expression):
    expression.loc["MX1"] = 7.0
    cohort = accepted(genes=expression).adata
    assert "MX1" not in cohort.var_names
    assert '"constant": {"count": 1, "ids": ["MX1"]}' in cohort.uns["provenance"]


def test_only_constant_genes(refused, expression):
    [problem] = refused(genes=expression * 0 + 7)
    assert problem.found == "none of 24 does"


def test_constant_samples_are_refused_until_the_card_excludes_them(refused, accepted, expression):
    genes = expression.assign(**{"P-02": 7.25})
    [problem] = refused(genes=genes)
    assert problem.found == "1 samples with one value for all of 24 genes"
    assert problem.offenders == ("P-02: 7.25",)
    assert "exclude: samples" in problem.remedy
    rule = {"samples": ["P-02"], "reason": "not measured"}
    assert accepted(genes=genes, exclude=[rule]).adata.n_obs == 11


def test_a_cohort_with_no_events_is_a_cohort(accepted, clinical):
    obs = accepted(patients=clinical.assign(bone="0")).adata.obs
    assert obs["bone_event"].sum() == 0
    assert obs["bone_competing"].sum() == 5


def test_a_cohort_with_three_patients(refused, expression):
    [problem] = refused(genes=expression[["P-01", "P-02", "P-03"]], unmatched="expected")
    assert problem.expected == "a cohort of at least 10 samples"
    assert problem.found.startswith("3 left of 12")
    assert problem.offenders == ("9 matched by sample id: no expression",)


@pytest.mark.parametrize("damaged", ["1-Mar", "2-Sep", "44256"])
def test_symbols_that_excel_damaged(refused, accepted, expression, damaged):
    genes = expression.rename(index={"PLAU": damaged})
    [problem] = refused(genes=genes)
    assert "turned into dates or numbers" in problem.found
    assert problem.offenders == (damaged,)
    assert "excel_damaged: drop" in problem.remedy
    cohort = accepted(genes=genes, settings={"excel_damaged": "drop"}).adata
    assert cohort.n_vars == 23
    assert f'"id excel damaged": {{"count": 1, "ids": ["{damaged}"]}}' in cohort.uns["provenance"]


def test_an_old_symbol_is_not_damage(accepted, expression):
    assert "SEPTIN2" in accepted(genes=expression.rename(index={"PLAU": "SEPT2"})).adata.var_names


SCALES = {
    "log2 that is linear": ("log2", lambda x: 2**x * 10, "values up to", "linear"),
    "linear that is log2": ("linear", lambda x: x, "no value over 30", "log2"),
    "linear below 0": ("linear", lambda x: 2**x - 100, "values below 0", "floor"),
    "counts with fractions": ("counts", lambda x: 2**x, "fractions in 24 genes", "TPM"),
    "counts below 0": ("counts", lambda x: (2**x).round() - 200, "values below 0", "log_ratio"),
    "no counts in a sample": (
        "counts",
        lambda x: (2**x).round() * (x.columns != "P-02"),
        "1 samples",
        "exclude",
    ),
    "ratios without a negative": ("log_ratio", lambda x: x, "no value below 0", "log2"),
    "ratios that are linear": ("log_ratio", lambda x: 2**x - 200, "values up to", "linear"),
}


@pytest.mark.parametrize("case", SCALES)
def test_values_that_contradict_the_stated_scale(refused, expression, case):
    scale, change, said, remedy = SCALES[case]
    [problem] = refused(genes=change(expression), settings={"scale": scale})
    assert problem.where.endswith("expression: scale")
    assert said in problem.found
    assert remedy in problem.remedy


def test_published_counts_that_are_not_met_are_all_told(refused):
    problems = refused(expect={"samples": 13, "events": {"bone": 4}, "competing": {"bone": 2}})
    assert [(problem.where.rpartition(", ")[2], problem.expected, problem.found) for problem in problems] == [
        ("expect.samples", "13", "12"),
        ("expect.events.bone", "4", "3"),
    ]


def test_an_excluded_sample_that_is_nowhere(refused):
    [problem] = refused(exclude=[{"samples": ["P-99"], "reason": "r"}])
    assert problem.offenders == ("P-99",)


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(make_card, symbols):
    card = make_card()
    plain = harmonise(acquire(card), card, symbols)
    for name in ("expression.csv", "clinical.tsv"):
        path = card.path.parent / name
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    other = harmonise(acquire(card), card, symbols)
    np.testing.assert_array_equal(other.adata.X, plain.adata.X)
    pd.testing.assert_frame_equal(other.adata.obs, plain.adata.obs)


def test_a_gzip_file_that_unpacks_to_more_than_the_limit_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "UNPACKED_LIMIT", 1_000_000)
    (tmp_path / "bomb.csv.gz").write_bytes(gzip.compress(b"gene,P1\n" + b"0" * 2_000_000))
    with pytest.raises(InputError, match="at most 1000000 bytes"):
        table.read_expression(card_in(tmp_path), {"path": "bomb.csv.gz", "genes_in": "rows"})


def test_text_that_parquet_holds_as_bytes_is_that_text(tmp_path):
    frame = pd.DataFrame({"sample": [b"P-01", b"P-02"], "er": [b"ER+", "é".encode()]})
    frame.to_parquet(tmp_path / "c.parquet")
    clinical, _ = table.read_clinical(card_in(tmp_path), {"path": "c.parquet", "key": "sample"})
    assert clinical["er"].to_dict() == {"P-01": "ER+", "P-02": "é"}

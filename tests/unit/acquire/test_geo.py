"""GEO: what its files say is what is acquired, whatever their order and spelling."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from madeup import server
from madeup.geo import (
    ARCHIVE,
    BONE,
    KEY,
    RELAPSE,
    annotation_text,
    family_text,
    gse2034_card,
    gse2034_files,
    matrix_text,
    real_tables,
    zipped,
)

from irf7bone.acquire import soft
from irf7bone.acquire.acquired import read_acquired, write_acquired
from irf7bone.acquire.series_matrix import read_series_matrix, split_at
from irf7bone.acquire.soft import read_probe_genes, read_series_tables
from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, Patience, fetch_all
from irf7bone.download.lock import lock_path
from irf7bone.harmonise.cohort import harmonise
from irf7bone.study.cohort_checks import load_card

QUICK = Patience(attempts=2, pause_seconds=0.01, timeout_seconds=5)
SAMPLES = ["GSM1", "GSM2", "GSM3"]
PROBES = {  # probe -> symbol, Entrez id
    "1007_s_at": ("DDR1///MIR4640", "780///100616237"),
    "208436_s_at": ("IRF7", "3665"),
    "209969_s_at": ("STAT1", "6772"),
    "200887_s_at": ("STAT1", "6772"),
    "AFFX-BioB-5_at": ("", ""),
}
GENES = pd.DataFrame.from_dict(PROBES, orient="index", columns=["symbol", "entrez"])


def values_of(probes=tuple(PROBES), samples=SAMPLES, seed=1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        rng.uniform(50, 5000, (len(probes), len(samples))).round(2), index=list(probes), columns=list(samples)
    )


def matrix_file(tmp_path: Path, text: str, name: str = "m.txt.gz") -> Path:
    path = tmp_path / name
    path.write_bytes(zipped(text) if name.endswith(".gz") else text.encode("utf-8"))
    return path


def read(tmp_path: Path, values: pd.DataFrame | None = None, **parts):
    text = matrix_text(values_of() if values is None else values, **parts)
    return read_series_matrix(matrix_file(tmp_path, text), "GPL96")


@dataclass
class Geo:
    """A GEO of our own, and what a card gets from it."""

    folder: Path
    archive: server.Archive

    def card(self, **changes):
        data = gse2034_card() | {"id": "mine", "expect": {"samples": 3}} | changes
        path = self.folder / "mine.yaml"
        path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        return load_card(path)

    def acquire(self, card):
        folder, lock = self.folder / "downloads", lock_path(card.path)
        fetch_all(remote_files(card), folder, lock=lock, mirror=self.archive.base, patience=QUICK)
        return acquire(card, Downloads(folder, lock))


@pytest.fixture
def geo(tmp_path):
    with server.serving() as archive:
        yield Geo(tmp_path, archive)


# --- series matrix


def test_values_and_attributes_are_those_of_the_file(tmp_path):
    values = values_of()
    matrix = read(tmp_path, values, characteristics=[["er: +", "er: -", "er: +"]])
    assert matrix.probes == list(PROBES)
    np.testing.assert_array_equal(matrix.values, values.to_numpy())
    assert matrix.samples.index.tolist() == SAMPLES
    assert matrix.samples["title"].tolist() == ["tumour 1", "tumour 2", "tumour 3"]
    assert set(matrix.samples["source_name_ch1"]) == {"primary breast tumour"}
    assert matrix.samples["er"].tolist() == ["+", "-", "+"]
    assert "contact_name" not in matrix.samples


def test_plain_and_zipped_and_windows_files_read_the_same(tmp_path):
    text = matrix_text(values_of(), characteristics=[["er: +", "er: -", "er: +"]])
    files = [
        matrix_file(tmp_path, text),
        matrix_file(tmp_path, text, "plain.txt"),
        matrix_file(tmp_path, text.replace("\n", "\r\n"), "windows.txt"),
    ]
    first, *others = [read_series_matrix(path, "GPL96") for path in files]
    for other in others:
        np.testing.assert_array_equal(other.values, first.values)
        pd.testing.assert_frame_equal(other.samples, first.samples)


def test_characteristics_go_by_key_and_never_by_line(tmp_path):
    """GEO fills lines from the left, so a sample that lacks one key shifts all that follow."""
    samples = read(
        tmp_path,
        characteristics=[
            ["er: +", "er: -", "grade: 3"],
            ["grade: 2", "node: 1", "er: +"],
            ["node: 0", "", "node: 1"],
        ],
    ).samples
    assert samples["er"].tolist() == ["+", "-", "+"]
    assert samples["grade"].tolist() == ["2", None, "3"]
    assert samples["node"].tolist() == ["0", "1", "1"]


def test_order_of_lines_and_samples_changes_nothing(tmp_path):
    lines = [["er: +", "er: -", "er: +"], ["grade: 2", "", "grade: 3"], ["node: 0", "node: 1", ""]]
    values, order = values_of(), [2, 0, 1]
    first = read(tmp_path, values, characteristics=lines)
    turned = read(
        tmp_path,
        values.iloc[::-1, order],
        characteristics=[[line[i] for i in order] for line in lines[::-1]],
    )
    pd.testing.assert_frame_equal(
        turned.samples.loc[SAMPLES, ["er", "grade", "node"]], first.samples[["er", "grade", "node"]]
    )
    back = pd.DataFrame(turned.values, index=turned.probes, columns=turned.samples.index)
    pd.testing.assert_frame_equal(back.loc[values.index, SAMPLES], values, check_names=False)


@pytest.mark.parametrize(
    ("cell", "key", "value"),
    [
        ("er: positive", "er", "positive"),
        ("er:positive", "er", "positive"),
        ("  er : positive ", "er", "positive"),
        (f"{BONE}: 1", BONE, "1"),
        ("er (ihc: 1=pos): 1", "er (ihc: 1=pos)", "1"),
        ("time: 12:30", "time", "12:30"),
        ("link: https://x.example/a", "link", "https://x.example/a"),
        ("ratio (a:b", "ratio (a", "b"),
        ('size: 5" in diameter', "size", '5" in diameter'),
        ('note: a ""word""', "note", 'a "word"'),
        ("er: ", "er", None),
        ("er: NA", "er", None),
        ("er: null", "er", None),
        ("just words", "characteristics", "just words"),
    ],
)
def test_key_and_value(tmp_path, cell, key, value):
    samples = read(tmp_path, characteristics=[[cell, "other: 1", "other: 2"]]).samples
    assert samples[key].tolist() == [value, None, None]
    assert samples["other"].tolist() == [None, "1", "2"]


def test_cell_without_colon_has_no_key():
    assert split_at("just words") == -1
    assert split_at("") == -1


def test_repeated_keys_are_joined_and_the_second_channel_has_its_own(tmp_path):
    samples = read(
        tmp_path,
        characteristics=[["drug: A", "drug: A", ""], ["drug: B", "drug: A", ""]],
        attributes={"characteristics_ch2": ["drug: none", "drug: none", "drug: none"]},
    ).samples
    assert samples["drug"].tolist() == ["A;B", "A", None]
    assert set(samples["drug:ch2"]) == {"none"}


@pytest.mark.parametrize("line_break", ["\n", "\r", "\r\n"])
def test_cell_with_a_line_break_is_one_cell(tmp_path, line_break):
    text = matrix_text(values_of(), characteristics=[[f"note: a{line_break}b", "note: c", "note: d"]])
    samples = read_series_matrix(matrix_file(tmp_path, text), "GPL96").samples
    assert samples["note"].tolist() == ["a b", "c", "d"]
    assert samples["platform_id"].tolist() == ["GPL96"] * 3


def test_old_accents_are_read(tmp_path):
    text = matrix_text(values_of(), characteristics=[["site: Malmö", "site: Lund", "site: Lund"]])
    path = tmp_path / "m.txt"
    path.write_bytes(text.encode("latin-1"))
    assert read_series_matrix(path, "GPL96").samples["site"].tolist() == ["Malmö", "Lund", "Lund"]


def test_missing_values_are_missing(tmp_path):
    values = values_of().astype(object)
    values.iloc[0] = ["null", "", "NA"]
    values.iloc[1, 0] = "1e3"
    values.iloc[2, 0] = "-0.5"
    found = read(tmp_path, values).values
    assert np.isnan(found[0]).all()
    assert found[1, 0] == 1000
    assert found[2, 0] == -0.5
    assert np.isfinite(found[1:]).all()


def test_numbers_are_read_to_the_last_bit(tmp_path):
    rng = np.random.default_rng(3)
    numbers = np.exp(rng.normal(0, 20, (200, 3)))
    values = pd.DataFrame(numbers, index=[f"p{i}" for i in range(200)], columns=SAMPLES)
    np.testing.assert_array_equal(
        read(tmp_path, values.map(lambda number: repr(float(number)))).values, numbers
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("!series_matrix_table_end", ""), "series_matrix_table_end"),
        (lambda text: text[: len(text) // 2], "series_matrix_table"),
        (lambda text: text.partition("!series_matrix_table_begin")[0], "series_matrix_table_begin"),
        (lambda text: text.replace('"GPL96"\t"GPL96"', '"GPL96"\t"GPL97"'), "samples of GPL96, GPL97"),
        (lambda text: text.replace("!Sample_platform_id", "!Sample_other"), "samples of None"),
        (lambda text: text.replace("!Sample_geo_accession", "!Sample_x"), "one line !Sample_geo_accession"),
        (lambda text: text.replace('"tumour 2"\t', "", 1), "3 values, one for each sample"),
        (lambda text: text.replace('"ID_REF"\t"GSM1"', '"ID_REF"\t"GSM9"'), "in one part of the file only"),
        (lambda text: text.replace('"ID_REF"', '"ID"'), "the column ID_REF"),
        (lambda text: text.replace('"208436_s_at"\t', '"208436_s_at"\t7\t'), "4 cells in every row"),
        (lambda text: text.replace('"208436_s_at"', '"1007_s_at"'), "every probe id once"),
        (lambda text: text.replace('"208436_s_at"\t', '"208436_s_at"\tx'), "are not numbers"),
        (lambda text: text.replace('"GSM1"\t"GSM2"', '"GSM1"\t"GSM1"'), "every sample id once"),
        (lambda text: text.replace('\t"tumour 1"', '\t"tumour 1', 1).replace('"tumour 3"', "x"), "quotes"),
    ],
)  # fmt: skip
def test_damaged_matrix_is_refused(tmp_path, change, says):
    text = matrix_text(values_of())
    assert change(text) != text
    with pytest.raises(InputError) as error:
        read_series_matrix(matrix_file(tmp_path, change(text)), "GPL96")
    assert says in str(error.value)


def test_empty_table_says_where_the_values_are(tmp_path):
    text = matrix_text(values_of().iloc[:0], characteristics=[["er: +", "er: -", "er: +"]])
    path = matrix_file(tmp_path, text)
    with pytest.raises(InputError, match="supplementary files"):
        read_series_matrix(path, "GPL96")
    assert read_series_matrix(path, "GPL96", samples_only=True).samples["er"].tolist() == ["+", "-", "+"]


@pytest.mark.parametrize(
    "reader",
    [
        lambda path: read_series_matrix(path, "GPL96"),
        lambda path: read_probe_genes(path, "GPL96"),
        read_series_tables,
    ],
)
def test_cut_or_damaged_gzip_is_refused(tmp_path, reader):
    rng = np.random.default_rng(1)
    text = matrix_text(pd.DataFrame(rng.random((2000, 3)), columns=SAMPLES).rename("p{}".format))
    whole = zipped(text)
    path = tmp_path / "m.gz"
    for content in (whole[:-50], whole[:-8] + b"\0" * 8, whole[: len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="a whole gzip file"):
            reader(path)


def test_too_large_a_table_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("irf7bone.acquire.series_matrix.LIMIT", 100)
    with pytest.raises(InputError, match="at most 100 bytes"):
        read(tmp_path)


# --- SOFT tables


def test_genes_of_probes_are_as_the_table_writes_them(tmp_path):
    path = matrix_file(tmp_path, annotation_text(GENES))
    expected = {probe: symbol or None for probe, (symbol, _) in PROBES.items()}
    assert read_probe_genes(path, "GPL96") == expected
    assert read_probe_genes(path, "GPL96", "Gene ID")["208436_s_at"] == "3665"


def test_submitters_table_is_found_among_others(tmp_path):
    text = (
        "^DATABASE = GeoMiame\n^PLATFORM = GPL1\n!platform_table_begin\nID\tGene Symbol\na\tA\n"
        "!platform_table_end\n^PLATFORM = GPL2\n!platform_table_begin\nID\tName\tGene Symbol\n"
        'b\t5" probe\tB\nc\t\t---\nd\n!platform_table_end\n'
    )
    path = matrix_file(tmp_path, text, "plain")
    assert read_probe_genes(path, "GPL2") == {"b": "B", "c": None, "d": None}
    assert read_probe_genes(path, "GPL1") == {"a": "A"}
    with pytest.raises(InputError, match="tables of GPL1, GPL2"):
        read_probe_genes(path, "GPL3")
    with pytest.raises(InputError, match="platform_table_end"):
        read_probe_genes(matrix_file(tmp_path, text[:-25], "cut"), "GPL2")


@pytest.mark.parametrize("column", ["Symbols", "GO:Function"])
def test_gene_column_must_be_there_once(tmp_path, column):
    with pytest.raises(InputError, match=r"once a column(.|\n)*gene_column"):
        read_probe_genes(matrix_file(tmp_path, annotation_text(GENES)), "GPL96", column)


def test_series_tables(tmp_path):
    table = pd.DataFrame({"PID": ["1", "2"], KEY: ["GSM1", "GSM2"], "ER Status": ["ER+", ""]})
    [found] = read_series_tables(matrix_file(tmp_path, family_text(table)))
    assert (found.title, found.columns) == ("Patient clinical parameters", list(table.columns))
    assert found.rows == table.to_numpy().tolist()
    longer = family_text(table).replace("2\tGSM2\t\n", "2\tGSM2\t\t\n\n")
    assert read_series_tables(matrix_file(tmp_path, longer))[0].rows == found.rows
    assert read_series_tables(matrix_file(tmp_path, family_text(None))) == []
    for wrong in ("GSM1\tx\t", "GSM1 "):
        with pytest.raises(InputError, match="3 columns in every row"):
            read_series_tables(matrix_file(tmp_path, family_text(table).replace("GSM1\t", wrong)))
    with pytest.raises(InputError, match="series_table_end"):
        read_series_tables(matrix_file(tmp_path, family_text(table).partition("2\tGSM2")[0]))


# --- the source


def serve(geo: Geo, values: pd.DataFrame, series: str = "GSE2034", **parts) -> None:
    folder = f"{ARCHIVE}/series/GSE2nnn/{series}"
    geo.archive.files |= {
        f"{folder}/matrix/{series}_series_matrix.txt.gz": zipped(
            matrix_text(values, accession=series, **parts)
        ),
        f"{ARCHIVE}/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz": zipped(annotation_text(GENES)),
    }


def genes_of(expression: pd.DataFrame) -> list[str | None]:
    return [None if pd.isna(gene) else gene for gene in expression.index.get_level_values(1)]


def clinical_table(samples=SAMPLES) -> pd.DataFrame:
    return pd.DataFrame({KEY: samples, RELAPSE: list("101"), "ER Status": ["ER+", "ER-", ""]})


def serve_family(geo: Geo, table: pd.DataFrame | None) -> None:
    geo.archive.files[f"{ARCHIVE}/series/GSE2nnn/GSE2034/soft/GSE2034_family.soft.gz"] = zipped(
        family_text(table, "GSE2034")
    )


def test_expression_and_clinical_data_of_a_series(geo):
    values = values_of()
    serve(geo, values, characteristics=[[f"{BONE}: {flag}" for flag in "100"]])
    serve_family(geo, clinical_table())
    acquired = geo.acquire(geo.card())
    np.testing.assert_array_equal(acquired.expression.to_numpy(), values.to_numpy())
    assert acquired.expression.index.get_level_values("probe").tolist() == list(PROBES)
    assert genes_of(acquired.expression) == [symbol or None for symbol, _ in PROBES.values()]
    assert acquired.clinical[BONE].tolist() == ["1", "0", "0"]
    assert acquired.clinical[RELAPSE].tolist() == ["1", "0", "1"]
    assert acquired.clinical["ER Status"].tolist() == ["ER+", "ER-", None]
    assert [source["role"] for source in acquired.sources] == ["expression"] * 2 + ["clinical"] * 2
    for source in acquired.sources:
        content = geo.archive.files[source["name"].removeprefix("https:/")]
        assert source["sha256"] == hashlib.sha256(content).hexdigest()


def test_acquired_probes_survive_the_disk(geo, tmp_path):
    serve(geo, values_of())
    acquired = geo.acquire(geo.card(clinical=[{"source": "geo"}]))
    paths = [tmp_path / name for name in ("e.parquet", "c.tsv", "s.json")]
    write_acquired(acquired, expression=paths[0], clinical=paths[1], source=paths[2])
    back = read_acquired(*paths)
    np.testing.assert_array_equal(back.expression.to_numpy(), acquired.expression.to_numpy())
    assert back.expression.index.get_level_values(0).tolist() == list(PROBES)
    assert genes_of(back.expression) == genes_of(acquired.expression)
    pd.testing.assert_frame_equal(back.clinical, acquired.clinical)
    assert back.sources == acquired.sources


def test_matrix_is_the_one_of_the_platform(geo):
    """A series on several platforms has a matrix for each, with the platform in its name."""
    folder = f"{ARCHIVE}/series/GSE2nnn/GSE2034/matrix"
    right, other = values_of(), values_of(seed=2)
    serve(geo, right)
    [(path, content)] = [item for item in geo.archive.files.items() if "matrix" in item[0]]
    del geo.archive.files[path]
    geo.archive.files[f"{folder}/GSE2034-GPL96_series_matrix.txt.gz"] = content
    geo.archive.files[f"{folder}/GSE2034-GPL97_series_matrix.txt.gz"] = zipped(
        matrix_text(other, platform="GPL97")
    )
    acquired = geo.acquire(geo.card(clinical=[{"source": "geo"}]))
    np.testing.assert_array_equal(acquired.expression.to_numpy(), right.to_numpy())
    assert "-GPL96_" in acquired.sources[0]["name"]


def test_matrix_of_another_platform_is_refused(geo):
    serve(geo, values_of(), platform="GPL97")
    with pytest.raises(InputError, match="samples of GPL97"):
        geo.acquire(geo.card(clinical=[{"source": "geo"}]))


def test_platform_without_annotation_is_asked_of_its_submitter(geo):
    serve(geo, values_of())
    del geo.archive.files[f"{ARCHIVE}/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz"]
    rows = "".join(f"{probe}\tx\t{symbol}\n" for probe, (symbol, _) in PROBES.items())
    text = f"^PLATFORM = GPL96\n!platform_table_begin\nID\tName\tGene Symbol\n{rows}!platform_table_end\n"
    query = "/www.ncbi.nlm.nih.gov/geo/query/acc.cgi?targ=self&acc=GPL96&form=text&view=full"
    geo.archive.files[query] = text.encode()
    acquired = geo.acquire(geo.card(clinical=[{"source": "geo"}]))
    assert acquired.expression.index.get_level_values("gene").tolist()[1] == "IRF7"
    assert acquired.sources[1]["name"] == f"https:/{query}"


def test_platform_that_knows_no_probe_is_refused(geo):
    serve(geo, values_of(probes=["A_1", "A_2"]))
    with pytest.raises(InputError, match=r"the probes of GSE2034(.|\n)*A_1, A_2"):
        geo.acquire(geo.card(clinical=[{"source": "geo"}]))


@pytest.mark.parametrize("name", ["clinical.tsv", "GSE2034_clinical.csv.gz"])
def test_supplementary_table_by_accession_or_title(geo, name):
    serve(geo, values_of())
    for column, keys in ((None, SAMPLES), ("title", ["tumour 1", "tumour 3", "tumour 9"])):
        table = pd.DataFrame({"id": keys, "months": ["10", "20.5", "NA"]})
        text = table.to_csv(index=False, sep="\t" if "tsv" in name else ",")
        content = zipped(text) if name.endswith(".gz") else text.encode()
        geo.archive.files[f"{ARCHIVE}/series/GSE2nnn/GSE2034/suppl/{name}"] = content
        entry = {"source": "geo", "supplementary": name, "key": "id"} | ({"match": column} if column else {})
        card = geo.card(clinical=[{"source": "geo"}, entry])
        lock_path(card.path).unlink(missing_ok=True)
        clinical = geo.acquire(card).clinical
        if column is None:
            assert clinical["months"].tolist() == ["10", "20.5", None]
        else:
            assert clinical.loc[SAMPLES, "months"].tolist() == ["10", None, "20.5"]
            assert clinical.index.tolist() == [*SAMPLES, "tumour 9"]


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"table": "series", "key": "PID"}, "one table of the series with the column 'PID'"),
        ({"table": "series", "key": RELAPSE}, "every sample id once"),
        ({"table": "series", "key": KEY, "match": "titel"}, "'titel'"),
        ({"table": "series", "key": KEY, "match": "title"}, "none among 3, such as 'GSM1'"),
    ],
)
def test_wrong_key_or_match_is_refused(geo, entry, says):
    serve(geo, values_of())
    serve_family(geo, clinical_table())
    with pytest.raises(InputError) as error:
        geo.acquire(geo.card(clinical=[{"source": "geo", **entry}]))
    assert says in str(error.value)


def test_series_without_a_table_is_refused(geo):
    serve(geo, values_of())
    serve_family(geo, None)
    with pytest.raises(InputError, match=r"no table of its own"):
        geo.acquire(geo.card(clinical=[{"source": "geo", "table": "series", "key": KEY}]))


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ({"table": "series"}, "clinical[0].key"),
        ({"supplementary": "a.tsv"}, "clinical[0].key"),
        ({"key": "x"}, "clinical[0].key"),
        ({"match": "x"}, "clinical[0].match"),
        ({"table": "series", "supplementary": "a.tsv", "key": "x"}, "clinical[0]\n"),
        ({"supplementary": "../a.tsv", "key": "x"}, "clinical[0].supplementary"),
        ({"accession": "GDS1"}, "clinical[0].accession"),
    ],
)
def test_card_says_one_thing_of_each_clinical_source(geo, entry, says):
    with pytest.raises(InputError) as error:
        geo.card(clinical=[{"source": "geo", **entry}])
    assert says in str(error.value)
    assert len(error.value.problems) == 1


def test_files_of_a_card_are_known_without_pandas(geo):
    card = geo.card()
    names = [file.name for file in remote_files(card)]
    assert names == ["GSE2034-GPL96_series_matrix.txt.gz", "GPL96.platform", "GSE2034_family.soft.gz"]
    code = (
        "import sys; from pathlib import Path; from irf7bone.study.cohort_checks import load_card;"
        "from irf7bone.acquire.sources import remote_files; remote_files(load_card(Path(sys.argv[1])));"
        "sys.exit('pandas' in sys.modules or 'numpy' in sys.modules)"
    )
    environment = {"PYTHONPATH": str(Path(soft.__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code, str(card.path)], env=environment, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("accession", "folder"),
    [("GSE1", "GSEnnn"), ("GSE781", "GSEnnn"), ("GSE2034", "GSE2nnn"), ("GSE12276", "GSE12nnn")],
)
def test_folders_are_those_of_geo(geo, accession, folder):
    card = geo.card(expression={**gse2034_card()["expression"], "accession": accession})
    assert remote_files(card)[0].urls == (
        f"https://ftp.ncbi.nlm.nih.gov/geo/series/{folder}/{accession}/matrix/{accession}-GPL96_series_matrix.txt.gz",
        f"https://ftp.ncbi.nlm.nih.gov/geo/series/{folder}/{accession}/matrix/{accession}_series_matrix.txt.gz",
    )


def test_probes_keep_their_names_and_losses_are_counted(geo, symbols):
    """A probe of two genes and a probe of none are lost under their reason; the best of two probes stays."""
    samples = [f"GSM{number}" for number in range(1, 13)]
    values = values_of(samples=samples)
    values.loc["209969_s_at"] += 10_000
    serve(geo, values, characteristics=[[f"{BONE}: {i % 2}" for i in range(12)], ["months: 10"] * 12])
    card = geo.card(
        clinical=[{"source": "geo"}],
        fields={},
        endpoints={
            "bone": {
                "definition": "x",
                "time": {"from": "months", "unit": "months"},
                "event": {"from": BONE, "is": 1},
            }
        },
        expect={"samples": 12, "events": {"bone": 6}},
    )
    adata = harmonise(geo.acquire(card), card, symbols).adata
    assert adata.var["source_ids"].to_dict() == {"IRF7": "208436_s_at", "STAT1": "209969_s_at"}
    assert '"id ambiguous": {"count": 1, "ids": ["1007_s_at"]}' in adata.uns["provenance"]
    assert '"id missing": {"count": 1, "ids": ["AFFX-BioB-5_at"]}' in adata.uns["provenance"]
    entrez = geo.card(
        fields={},
        endpoints=yaml.safe_load(card.path.read_text())["endpoints"],
        expect={"samples": 12},
        clinical=[{"source": "geo"}],
        expression={**card.expression, "gene_column": "Gene ID", "gene_id": "entrez"},
    )
    again = harmonise(geo.acquire(entrez), entrez, symbols).adata
    np.testing.assert_array_equal(again.X, adata.X)
    assert again.var["source_ids"].equals(adata.var["source_ids"])
    assert '"id ambiguous": {"count": 1, "ids": ["1007_s_at"]}' in again.uns["provenance"]


def test_files_of_the_benchmark_hold_the_same_values(tmp_path):
    from bench.geo import write_series

    write_series(tmp_path, 300, 4, soft=True)
    matrix = read_series_matrix(tmp_path / "GSE1_series_matrix.txt.gz", "GPL96")
    with soft.open_text(tmp_path / "GSE1_family.soft.gz") as lines:
        pairs = [line.split() for line in lines if line[:1].isdigit()]
    assert matrix.probes * 4 == [probe.decode() for probe, _ in pairs]
    np.testing.assert_array_equal(matrix.values.T.ravel(), [float(value) for _, value in pairs])


def test_gse2034_has_its_published_counts(geo, realdata, symbols):
    """286 tumours, 107 relapses, 69 to bone, 10 to brain (Wang 2005), from the layout to the cohort."""
    geo.archive.files |= gse2034_files(*real_tables(realdata, 3000))
    card = geo.card(expect={"samples": 286, "events": {"distant": 107, "bone": 69, "brain": 10}})
    cohort = harmonise(geo.acquire(card), card, symbols).adata
    assert cohort.n_obs == 286
    events = {name: int(cohort.obs[f"{name}_event"].sum()) for name in ("distant", "bone", "brain")}
    assert events == {"distant": 107, "bone": 69, "brain": 10}
    assert int(cohort.obs["bone_competing"].sum()) == 107 - 69
    truth = pd.read_csv(realdata / "gse2034" / "gse2034_clinical_with_bone.tsv", sep="\t", index_col="gsm")
    truth = truth.loc[cohort.obs_names]
    np.testing.assert_array_equal(cohort.obs["bone_event"], truth["bone_relapse"])
    np.testing.assert_allclose(cohort.obs["bone_time_months"], truth["months_to_relapse_or_followup"])


@pytest.mark.network
def test_gse2034_from_geo_itself(tmp_path, symbols):
    """The shipped card with the real archive; the card's `expect` refuses any other counts."""
    shipped = Path(__file__).resolve().parents[3] / "data" / "cohorts" / "gse2034.yaml"
    path = Path(shutil.copy(shipped, tmp_path))
    card, lock = load_card(path), lock_path(path)
    fetch_all(remote_files(card), tmp_path / "downloads", lock=lock)
    cohort = harmonise(acquire(card, Downloads(tmp_path / "downloads", lock)), card, symbols).adata
    assert cohort.n_obs == card.expect["samples"] == 286
    assert cohort.var.loc["IRF7", "source_ids"] == "208436_s_at"

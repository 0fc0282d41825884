"""Writes derived signatures as :mod:`irf7bone.genes.signatures` reads them: GMTs and a provenance table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from irf7bone.genes.gmt import NO_GENE, PROVENANCE_COLUMNS, PROVENANCE_FILE
from irf7bone.genes.signatures import list_sha256

ROLE = "derived"
LICENCE = "a list of gene symbols: facts, no licence needed"


@dataclass(frozen=True)
class DerivedSignature:
    """A signature that a run derives.

    Args:
        name: Its name.
        genes: Human symbols; empty where too few passed the rule, which is a finding.
        citation: What it was derived from, in words.
        pmid: PubMed's numbers of that, may be empty.
        source: Where in the run it comes from.
        how: The rule.
        note: What must be kept in mind.
    """

    name: str
    genes: tuple[str, ...]
    citation: str
    pmid: str
    source: str
    how: str
    note: str


def write_signatures(signatures: Sequence[DerivedSignature], folder: Path) -> None:
    """Write ``<name>.gmt`` of each and ``provenance.tsv`` into a folder that is theirs alone."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["\t".join(PROVENANCE_COLUMNS)]
    for signature in signatures:
        genes = sorted(signature.genes)
        line = [signature.name, signature.citation, *genes] if genes else [signature.name, NO_GENE]
        (folder / f"{signature.name}.gmt").write_text("\t".join(line) + "\n", encoding="utf-8")
        row = {
            "signature": signature.name,
            "role": ROLE,
            "citation": signature.citation,
            "pmid": signature.pmid,
            "source": signature.source,
            "licence": LICENCE,
            "how_obtained": signature.how,
            "sha256": list_sha256(genes),
            "n_genes": str(len(genes)),
            "note": signature.note,
        }
        lines.append("\t".join(row[name] for name in PROVENANCE_COLUMNS))
    (folder / PROVENANCE_FILE).write_text("\n".join(lines) + "\n", encoding="utf-8")

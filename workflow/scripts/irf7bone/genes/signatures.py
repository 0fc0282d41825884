"""The signature library: GMT files, each with a provenance table beside it, to signatures in current symbols.

Import stays light (no pandas, no numpy): the check of a config needs the names only.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from irf7bone.base.errors import Problems
from irf7bone.genes.gmt import PROVENANCE_FILE, GmtLine, pair_lines, read_lines, read_provenance

if TYPE_CHECKING:
    from irf7bone.genes.symbols import SymbolTable

GROUP = "group:"  # before a role in `select`: all signatures of that role
UNSTATED = "user-supplied, no provenance given"


@dataclass(frozen=True)
class Signature:
    """A gene list with a name and a source.

    Args:
        name: Its name in config and tables; ``NAME_UP`` and ``NAME_DN`` together are ``NAME``.
        up: Current symbols, each once, in the order of the file. Names that are no gene's stay as they
            were written, so that coverage counts them as missing.
        down: The same for ``NAME_DN``; empty for an unsigned signature.
        citation: Paper that defined it; empty where nothing is stated.
        source: Where the list was taken from.
        licence: Licence of the list.
        role: One of ``ROLES``.
        how_obtained: What was done to get from the source to the file.
        sha256: See :func:`list_sha256`.
        file: The GMT (of the up genes).
        unresolved: Those of ``genes`` that are not the name of one human gene.
        pmids: PubMed's numbers of what ``citation`` names.
    """

    name: str
    up: tuple[str, ...]
    down: tuple[str, ...]
    citation: str
    source: str
    licence: str
    role: str
    how_obtained: str
    sha256: str
    file: Path
    unresolved: tuple[str, ...] = ()
    pmids: tuple[str, ...] = ()

    @property
    def genes(self) -> tuple[str, ...]:
        """All symbols, up then down."""
        return self.up + self.down


def list_sha256(up: Iterable[str], down: Iterable[str] = ()) -> str:
    """SHA-256 of the symbols sorted and joined by line feeds; those of ``down`` have a minus before them."""
    lines = sorted(up) + [f"-{symbol}" for symbol in sorted(down)]
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def library_names(files: Sequence[Path]) -> set[str]:
    """Names of the signatures in GMT files or folders, without looking at the genes.

    Raises:
        InputError: A file cannot be read as GMT, or two sets have the same name.
    """
    problems = Problems()
    pairs = pair_lines(read_lines(files, problems), problems)
    problems.raise_if_any()
    return set(pairs)


def library_groups(files: Sequence[Path]) -> dict[str, list[str]]:
    """Role -> its signatures in GMT files or folders, in the order of the files; the same arguments and
    errors.

    A signature without a row of provenance is of role ``user``.
    """
    problems = Problems()
    pairs = pair_lines(read_lines(files, problems), problems)
    folders = dict.fromkeys(up.file.parent for up, _ in pairs.values())
    provenance = {folder: read_provenance(folder, problems) for folder in folders}
    problems.raise_if_any()
    groups: dict[str, list[str]] = defaultdict(list)
    for name, (up, _) in pairs.items():
        groups[_record(name, up, provenance[up.file.parent]).get("role", "user")].append(name)
    return dict(groups)


def with_groups(select: Iterable[str], groups: Mapping[str, Sequence[str]]) -> list[str]:
    """A selection with every ``group:role`` replaced by the signatures of that role, each name once."""
    named = (
        groups.get(name.removeprefix(GROUP), ()) if name.startswith(GROUP) else (name,) for name in select
    )
    return list(dict.fromkeys(name for names in named for name in names))


def load_library(files: Sequence[Path], symbols: SymbolTable) -> dict[str, Signature]:
    """Read signatures and bring their genes to current symbols.

    Args:
        files: GMT files, or folders of which all ``*.gmt`` are read. A ``provenance.tsv`` in the folder of a
            GMT describes its sets; a set without a row there says so in ``how_obtained``.
        symbols: Table of current symbols, the one that the expression data went through.

    Returns:
        Signatures by name, in the order of the files.

    Raises:
        InputError: Any of the files, sets or provenance rows cannot be used; all problems together.
    """
    problems = Problems()
    lines = read_lines(files, problems)
    pairs = pair_lines(lines, problems)
    folders = dict.fromkeys(line.file.parent for line in lines)
    provenance = {folder: read_provenance(folder, problems) for folder in folders}
    library = {}
    for name, (up, down) in pairs.items():
        signature = _resolve(name, up, down, provenance[up.file.parent], symbols, problems)
        library[name] = signature
    problems.raise_if_any()
    return library


def positive_controls(library: Mapping[str, Signature], proliferation_signature: str) -> list[str]:
    """Signatures of proliferation, whose effect on outcome is known: they test the study, not a claim."""
    return [
        name
        for name, signature in library.items()
        if signature.role == "proliferation" or name == proliferation_signature
    ]


def genes_of_role(library: Mapping[str, Signature], select: Iterable[str], role: str) -> set[str]:
    """Every gene of the selected signatures that have this role."""
    return {gene for name in select if library[name].role == role for gene in library[name].genes}


def _resolve(
    name: str,
    up: GmtLine,
    down: GmtLine | None,
    provenance: dict[str, dict[str, str]],
    symbols: SymbolTable,
    problems: Problems,
) -> Signature:
    resolved = {line.name: _to_current(line, symbols, problems) for line in (up, down) if line}
    up_genes, unresolved = resolved[up.name]
    down_genes, more = resolved[down.name] if down else ((), ())
    both = [gene for gene in up_genes if gene in set(down_genes)]
    if both:
        problems.add(
            f"{up.file}, set {name}",
            expected="genes that go up or down",
            found=f"{len(both)} in both {name}_UP and {name}_DN, after bringing symbols to current",
            remedy="remove each of them from one side or from both",
            offenders=both,
        )
    digest = list_sha256(up_genes, down_genes)
    checks = [
        (name, digest),
        *((line_name, list_sha256(genes)) for line_name, (genes, _) in resolved.items()),
    ]
    for row_name, found in dict(checks).items():
        _check_digest(row_name, found, provenance, up.file.parent, problems)
    row = _record(name, up, provenance)
    return Signature(
        name=name,
        up=up_genes,
        down=down_genes,
        citation=row.get("citation", ""),
        source=row.get("source", ""),
        licence=row.get("licence", ""),
        role=row.get("role", "user"),
        how_obtained=row.get("how_obtained", UNSTATED),
        sha256=digest,
        file=up.file,
        unresolved=unresolved + more,
        pmids=tuple(filter(None, row.get("pmid", "").replace(";", " ").split())),
    )


def _record(name: str, up: GmtLine, provenance: Mapping[str, dict[str, str]]) -> dict[str, str]:
    """The row of provenance that speaks for a signature; empty where there is none."""
    return provenance.get(name) or provenance.get(up.name) or {}


def _to_current(
    line: GmtLine, symbols: SymbolTable, problems: Problems
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Genes of a line, each once, and those of them that are no gene's name."""
    if line.genes and all(gene.isdigit() for gene in line.genes):
        problems.add(
            line.where,
            expected="gene symbols",
            found="numbers only, as in a GMT of Entrez ids",
            remedy="take the GMT with symbols (MSigDB has both)",
            offenders=line.genes,
        )
        return line.genes, line.genes
    if line.description in symbols.symbols:
        problems.add(
            line.where,
            expected="a description in the second column, or nothing",
            found=f"the gene {line.description}, which would be lost as a description",
            remedy="put a second tab behind the name where the file has no descriptions, or write the "
            f"description in words (gene {line.description})",
        )
    resolution = symbols.to_current(line.genes, "symbol")
    answers = list(zip(line.genes, resolution.current, resolution.status, strict=True))
    damaged = [gene for gene, _, status in answers if status == "excel_damaged"]
    if damaged:
        problems.add(
            line.where,
            expected="gene symbols",
            found=f"{len(damaged)} that a spreadsheet turned into dates or numbers",
            remedy="write the symbols again: 2-Sep was SEPTIN2, but 1-Mar may have been MARCHF1 or MTARC1",
            offenders=damaged,
        )
    mouse = symbols.mouse_spelled([gene for gene, current, _ in answers if current is None])
    if mouse:
        problems.add(
            line.where,
            expected="human symbols",
            found=f"{len(mouse)} written as mouse symbols are",
            remedy="replace them by their human orthologs, which is more than writing them in capitals",
            offenders=mouse,
        )
    unresolved = tuple(dict.fromkeys(gene for gene, current, _ in answers if current is None))
    if line.genes and not damaged and not mouse and all(current is None for _, current, _ in answers):
        problems.add(
            line.where,
            expected="symbols of human genes (HGNC: current, previous or alias)",
            found="none among its genes",
            remedy="translate ids or probes to symbols first",
            offenders=unresolved,
        )
    return tuple(dict.fromkeys(current or gene for gene, current, _ in answers)), unresolved


def _check_digest(
    name: str, found: str, provenance: dict[str, dict[str, str]], folder: Path, problems: Problems
) -> None:
    stated = provenance.get(name, {}).get("sha256", "")
    if stated and stated != found:
        problems.add(
            f"{folder / PROVENANCE_FILE}, signature {name}, sha256",
            expected=f"{found}, the checksum of the genes in the GMT",
            found=f"{stated}: provenance out of date",
            remedy="undo the change of the set, or give the changed set a name and a row of its own; "
            "for the shipped sets after a new gene table, run tools/build_signatures.py",
        )

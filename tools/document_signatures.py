"""Write docs/user/signatures.md and its heat map of shared genes: `python tools/document_signatures.py`."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.genes.gmt import ROLES  # noqa: E402
from irf7bone.genes.signatures import Signature, load_library  # noqa: E402
from irf7bone.genes.symbols import SymbolTable  # noqa: E402

DEFAULT = PROJECT / "data" / "signatures"
FOLDERS = (DEFAULT, DEFAULT / "library")
PAGE, MAP = PROJECT / "docs" / "user" / "signatures.md", PROJECT / "docs" / "user" / "signatures_overlap.svg"
CELL, LABELS, FONT = 9, 250, 7  # pixels
TITLE = "Genes that two signatures share, as a share of the smaller one"
INTRODUCTION = """# The signatures that are shipped

Written by `tools/document_signatures.py` from `data/signatures` (marked *default folder*; the config
selects most of them) and `data/signatures/library`. Select them by name or by group: `select:
[group:interferon, PAM50_PROLIFERATION]`. Where each list was taken from, its licence, its checksum and
what a second public copy says stand in `provenance.tsv` beside the GMTs. `NAME_UP` and `NAME_DN` are one
signed signature, scored as up minus down.

Not shipped: lists whose licence is unclear or whose work could not be seen (CollecTRI's and TRRUST's
IRF7 targets, Barkley's and Lehmann's modules, Smid's sets of relapse sites, Farmer's and Einav's
clusters, lists of one copy from packages under AGPL), and lists that are in no public copy (Bidwell's
Irf7-regulated genes, Kang's bone genes, Weichselbaum's IRDS).

No public list of IRF7's targets follows IRF7 better than interferon genes at large do, so that none
stands for it here. The two Hallmark interferon sets share 73 of 97 genes and cannot be told apart; the
two difference sets can.

Two sources give their genes weights, which are not used: Ayers 2017 for AYERS_TIS18 and Desmedt 2008 for
its seven modules. Each gene counts once; the signs of Desmedt's weights are kept as up and down.
"""
GROUPS = {
    "interferon": "Interferon types I and II, their difference, and what senses foreign DNA.",
    "irf7": "The gene itself.",
    "proliferation": "Positive controls: they drive outcome in breast cancer, and must show.",
    "immune": "Immune cells, antigen presentation and inflammation.",
    "control": "Negative controls: they should show no more than random genes do.",
    "composition": "Tissue other than tumour cells: what a bulk score may be made of.",
    "tumour": "Biology of breast tumours: receptors, invasion, angiogenesis. Classes need centroids.",
}
CENTROIDS = """
## Subtypes

No table of centroids is shipped, PAM50's included: no package of Debian or PyPI that could be seen holds
one, and 250 numbers copied by hand have no confirmed source. PAM50_GENES and PAM50_PROLIFERATION are gene
lists, whose mean is no subtype. Who has the centroids (genefu's `pam50$centroids`, for one) names the file
(`subtypes: {centroids: ...}`, [inputs](inputs.md#centroids-of-subtypes)); subtypes are then called in
cohorts whose card states none, and marked as called from expression wherever they are used."""
MAP_WORDS = f"""
## Shared genes

![{TITLE}](signatures_overlap.svg)

Share of the smaller signature's genes that the other has too (white: none, dark: all). Pairs of at least ten
genes of which half or more are shared:

| signature | shared with | genes |
|---|---|---|"""


def listed() -> tuple[dict[str, Signature], dict[str, Mapping[str, str]]]:
    """The shipped signatures in the order of their roles, and the row of provenance of each line of a GMT."""
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    library = load_library(FOLDERS, symbols)
    rows: dict[str, Mapping[str, str]] = {}
    for folder in FOLDERS:
        with open(folder / "provenance.tsv", encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE)
            rows |= {row["signature"]: row for row in reader}
    names = sorted(library, key=lambda name: ROLES.index(library[name].role))
    return {name: library[name] for name in names}, rows


def page(library: Mapping[str, Signature], rows: Mapping[str, Mapping[str, str]]) -> str:
    """docs/user/signatures.md."""
    parts = [INTRODUCTION]
    for role, words in GROUPS.items():
        head = "| signature | genes | work | to know |\n|---|---|---|---|"
        parts.append(f"\n## group:{role}\n\n{words}\n\n{head}")
        parts += [_row(one, rows) for one in library.values() if one.role == role]
    parts += [CENTROIDS, MAP_WORDS]
    for small, large, shared in overlaps(library):
        parts.append(f"| {small} | {large} | {shared} of {len(set(library[small].genes))} |")
    return "\n".join(parts) + "\n"


def _row(signature: Signature, rows: Mapping[str, Mapping[str, str]]) -> str:
    up, down = len(signature.up), len(signature.down)
    row = rows.get(signature.name) or rows[f"{signature.name}_UP"]
    place = " (default folder)" if signature.file.parent == DEFAULT else ""
    cells = (
        f"{signature.name}{place}",
        f"{up} up, {down} down" if down else str(up),
        signature.citation or "derived here",
        row["note"] or row["how_obtained"],
    )
    return f"| {' | '.join(cells)} |"


def overlaps(library: Mapping[str, Signature]) -> list[tuple[str, str, int]]:
    """Pairs (smaller, larger, shared genes) that share half of the smaller one or more, most shared first."""
    sets = {name: set(one.genes) for name, one in library.items()}
    names, found = list(sets), []
    for index, first in enumerate(names):
        for second in names[index + 1 :]:
            small, large = sorted((first, second), key=lambda name: len(sets[name]))
            shared = len(sets[small] & sets[large])
            if len(sets[small]) >= 10 and shared >= 0.5 * len(sets[small]):
                found.append((small, large, shared))
    return sorted(found, key=lambda pair: (-pair[2] / len(sets[pair[0]]), pair))


def heat_map(library: Mapping[str, Signature]) -> str:
    """The overlap of all pairs as SVG: the same bytes for the same sets."""
    sets = {name: set(one.genes) for name, one in library.items()}
    side = LABELS + CELL * len(sets) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" '
        f'font-family="sans-serif" font-size="{FONT}" role="img">',
        f"<title>{TITLE}</title>",
        f'<rect width="{side}" height="{side}" fill="#ffffff"/>',
    ]
    for row, (name, genes) in enumerate(sets.items()):
        at = LABELS + CELL * row
        base, edge = at + FONT, LABELS - 3
        parts.append(f'<text x="{edge}" y="{base}" text-anchor="end">{escape(name)}</text>')
        turned = f"rotate(-90 {base} {edge})"
        parts.append(f'<text x="{base}" y="{edge}" transform="{turned}">{escape(name)}</text>')
        for column, others in enumerate(sets.values()):
            share = len(genes & others) / min(len(genes), len(others))
            if share:
                place = f'x="{LABELS + CELL * column}" y="{at}" width="{CELL}" height="{CELL}"'
                parts.append(f'<rect {place} fill="{_colour(share)}"/>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _colour(share: float) -> str:
    """White to dark blue, evenly."""
    ends: Sequence[tuple[int, int]] = ((255, 8), (255, 48), (255, 107))
    return "#" + "".join(f"{round(light + share * (dark - light)):02x}" for light, dark in ends)


def main() -> None:
    """Write both files."""
    library, rows = listed()
    PAGE.write_text(page(library, rows), encoding="utf-8", newline="\n")
    MAP.write_text(heat_map(library), encoding="utf-8", newline="\n")
    print(f"{len(library)} signatures in {PAGE.name} and {MAP.name}")


if __name__ == "__main__":
    main()

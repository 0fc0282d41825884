"""Mouse and human genes that descend from one: from the experiment's genes to those of the signatures.

The table is data/orthologs/mouse_human.tsv.gz (its README says where it comes from). Nothing is guessed by
writing a mouse symbol in capitals: Cd8b1 is CD8B, and Mx2 is MX1.
"""

from __future__ import annotations

import gzip
import zlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from irf7bone.base.errors import InputError, Problem
from irf7bone.base.experiment_vocabulary import ORTHOLOGY
from irf7bone.tables.experiment import ORTHOLOGS

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.genes.signatures import Signature

COLUMNS = ("mouse", "mouse_ensembl", "human", "n_sources", "kind")


@dataclass(frozen=True)
class Pair:
    """One mouse and one human gene that at least three databases call orthologs.

    Attributes:
        mouse: MGI symbol.
        human: Current HGNC symbol.
        n_sources: Databases that assert it.
        kind: One of ``ORTHOLOGY``, read from mouse to human: in ``one2many`` the mouse gene has several
            human orthologs, in ``many2one`` the human gene several in mouse.
    """

    mouse: str
    human: str
    n_sources: int
    kind: str


class Orthologs:
    """The table of ortholog pairs.

    Args:
        text: Header line ``COLUMNS`` and one line a pair, tab-separated.
        source: What to call the text in messages.

    Raises:
        InputError: The text has other columns.
    """

    def __init__(self, text: str, source: str = "ortholog table"):
        """Read the text; see the class."""
        lines = text.removesuffix("\n").split("\n")
        if tuple(lines[0].split("\t")) != COLUMNS:
            raise _unreadable(source, f"first line {lines[0][:80]!r}")
        cells = [line.split("\t") for line in lines[1:]]
        ragged = [number for number, row in enumerate(cells, start=2) if len(row) != len(COLUMNS)]
        if ragged or not cells:
            raise _unreadable(
                source, f"another number of columns in line {ragged[0]}" if ragged else "no pairs"
            )
        self.pairs = [Pair(mouse, human, int(n), kind) for mouse, _, human, n, kind in cells]
        self._of_mouse: dict[str, list[Pair]] = defaultdict(list)
        self._of_human: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            self._of_mouse[pair.mouse].append(pair)
            self._of_human[pair.human].append(pair)

    @classmethod
    def load(cls, path: Path) -> Orthologs:
        """Read the shipped table.

        Raises:
            InputError: The file is missing, not gzip, cut off, or has other columns.
        """
        try:
            text = gzip.decompress(Path(path).read_bytes()).decode("utf-8")
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise _unreadable(str(path), f"{type(error).__name__}: {error}") from error
        return cls(text, str(path))

    def of_mouse(self, symbol: str) -> list[Pair]:
        """Pairs of a mouse gene; empty where it has none."""
        return self._of_mouse.get(symbol, [])

    def of_human(self, symbol: str) -> list[Pair]:
        """Pairs of a human gene; empty where it has none."""
        return self._of_human.get(symbol, [])

    def match(self, level: Mapping[str, float]) -> list[Pair]:
        """One mouse gene for each human gene, and each mouse gene once at most.

        A gene measured once must not count twice in a signature, and eight copies of Oas1 must not outvote
        the rest. Pairs are taken in the order: more sources, same name, higher expression, alphabet; a
        pair whose mouse or human gene is already taken is passed over.

        Args:
            level: Mean expression of each measured mouse gene, over all samples of the experiment.

        Returns:
            The chosen pairs, sorted by human symbol.
        """
        measured = [pair for pair in self.pairs if pair.mouse in level]
        measured.sort(
            key=lambda pair: (
                -pair.n_sources,
                pair.mouse.upper() != pair.human.upper(),
                -level[pair.mouse],
                pair.mouse,
                pair.human,
            )
        )
        chosen: dict[str, Pair] = {}
        taken = set()
        for pair in measured:
            if pair.human not in chosen and pair.mouse not in taken:
                chosen[pair.human] = pair
                taken.add(pair.mouse)
        return [chosen[human] for human in sorted(chosen)]


def to_human(adata: ad.AnnData, orthologs: Orthologs | None) -> ad.AnnData:
    """An experiment by human symbols: see :meth:`Orthologs.match` for which mouse gene speaks for which.

    Args:
        adata: Samples x genes of ``uns["organism"]``.
        orthologs: The table; not used for human.

    Returns:
        Samples x human genes; ``var["gene"]``: the experiment's own gene that speaks for it;
        ``var["orthology"]``: the kind of the pair (``one2one`` for human data).
    """
    if adata.uns["organism"] == "human":
        names = adata.var_names.to_numpy(dtype=object)
        human = adata.copy()
        human.var = pd.DataFrame({"gene": names, "orthology": "one2one"}, index=adata.var_names)
        return human
    if orthologs is None:
        raise ValueError("mouse genes need the table of orthologs")
    level = dict(zip(adata.var_names, np.asarray(adata.X, dtype=np.float64).mean(axis=0), strict=True))
    chosen = orthologs.match(level)
    human = adata[:, [pair.mouse for pair in chosen]].copy()
    human.var = pd.DataFrame(
        {"gene": [pair.mouse for pair in chosen], "orthology": [pair.kind for pair in chosen]},
        index=pd.Index([pair.human for pair in chosen], dtype=object),
    )
    return human


def coverage_table(
    experiment: str,
    human: ad.AnnData,
    library: Mapping[str, Signature],
    orthologs: Orthologs | None,
) -> pd.DataFrame:
    """How each signature's genes reach the experiment, :data:`irf7bone.tables.experiment.ORTHOLOGS`.

    Args:
        experiment: Experiment id.
        human: What :func:`to_human` returned.
        library: Signatures in human symbols.
        orthologs: The table; None for human.
    """
    kind_of = dict(zip(human.var_names, human.var["orthology"], strict=True))
    rows = []
    for name, signature in library.items():
        genes = tuple(dict.fromkeys(signature.genes))
        missing = [gene for gene in genes if gene not in kind_of]
        unmatched = [gene for gene in missing if orthologs is not None and not orthologs.of_human(gene)]
        kinds = [kind_of[gene] for gene in genes if gene in kind_of]
        rows.append(
            {
                "experiment": experiment,
                "signature": name,
                "n_genes": len(genes),
                **{kind: kinds.count(kind) for kind in ORTHOLOGY},
                "no_ortholog": len(unmatched),
                "not_measured": len(missing) - len(unmatched),
                "coverage": len(kinds) / len(genes),
                "missing": ",".join(missing) or None,
            }
        )
    return ORTHOLOGS.cast(pd.DataFrame(rows, columns=ORTHOLOGS.names))


def human_names(genes: Sequence[str], organism: str, orthologs: Orthologs | None) -> list[str | None]:
    """All human orthologs of each gene, comma-separated; the gene itself for human."""
    if organism == "human":
        return list(genes)
    if orthologs is None:
        raise ValueError("mouse genes need the table of orthologs")
    return [",".join(sorted(pair.human for pair in orthologs.of_mouse(gene))) or None for gene in genes]


def _unreadable(where: str, found: str) -> InputError:
    return InputError(
        Problem(
            where,
            expected=f"a gzip file of tab-separated text with the columns {', '.join(COLUMNS)}",
            found=found,
            remedy="restore the file from the repository, or make it anew with tools/build_ortholog_table.py",
        )
    )

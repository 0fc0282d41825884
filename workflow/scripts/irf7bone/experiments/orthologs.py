"""Mouse and human genes that descend from one: from the experiment's genes to those of the signatures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import anndata as ad


class Orthologs:
    """The table of mouse-human ortholog pairs (data/orthologs/mouse_human.tsv.gz)."""

    @classmethod
    def load(cls, path: Path) -> Orthologs:
        """Read the shipped table.

        Raises:
            InputError: The file is missing, not gzip, cut off, or has other columns.
        """
        raise NotImplementedError


def to_human(adata: ad.AnnData, orthologs: Orthologs) -> ad.AnnData:
    """A mouse experiment by human symbols, each mouse gene at most once.

    Args:
        adata: Samples x mouse genes.
        orthologs: The table.

    Returns:
        Samples x human genes; ``var["gene"]``: the mouse gene that speaks for it; ``var["orthology"]``: the
        kind of the pair.
    """
    raise NotImplementedError

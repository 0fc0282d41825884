"""IRF7 and the interferon genes as a labelled panel, whether or not the experiment could test them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.experiments.differential import Differential
from irf7bone.genes.orthologs import Orthologs
from irf7bone.tables.experiment import PANEL

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.genes.signatures import Signature

IRF7 = "IRF7"
ESTIMATE = ["log2_fc", "ci_low", "ci_high", "p", "q"]


def panel_labels(primary: Signature) -> dict[str, str]:
    """Human symbol -> ``irf7`` or ``interferon`` (the genes of the primary signature)."""
    return {IRF7: "irf7", **{gene: "interferon" for gene in primary.up if gene != IRF7}}


def panel_table(
    experiment: str,
    adata: ad.AnnData,
    results: Mapping[str, Differential],
    labels: Mapping[str, str],
    orthologs: Orthologs | None,
) -> pd.DataFrame:
    """Every gene of the panel in every contrast, all orthologs of each, :data:`PANEL`.

    Args:
        experiment: Experiment id.
        adata: Samples x the experiment's own genes.
        results: By contrast id.
        labels: From :func:`panel_labels`.
        orthologs: None for human.
    """
    measured = set(adata.var_names)
    rows = []
    for contrast, result in results.items():
        tested = result.genes[ESTIMATE].to_dict("index")
        for human, label in labels.items():
            for gene in _own_genes(human, orthologs):
                row = {"experiment": experiment, "contrast": contrast, "human": human, "panel": label}
                row["gene"] = gene or "none"
                if gene in tested:
                    row |= tested[gene] | {"status": "ok"}
                elif gene is None:
                    row |= {"status": "not_available", "reason": "no ortholog in the table"}
                else:
                    why = "not expressed, or constant" if gene in measured else "not measured"
                    row |= {"status": "not_available", "reason": why}
                rows.append(row)
    return PANEL.cast(pd.DataFrame(rows).reindex(columns=PANEL.names))


def _own_genes(human: str, orthologs: Orthologs | None) -> Sequence[str | None]:
    if orthologs is None:
        return [human]
    return [pair.mouse for pair in orthologs.of_human(human)] or [None]

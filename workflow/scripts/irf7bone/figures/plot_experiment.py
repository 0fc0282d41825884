"""Which figures an experiment has and what each is drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from irf7bone.figures import key_signatures
from irf7bone.figures.drawing import Drawing
from irf7bone.figures.experiment_enrichment import plot_running
from irf7bone.figures.experiment_genes import heatmap_table, plot_heatmap, plot_volcano
from irf7bone.figures.experiment_quality import plot_samples
from irf7bone.figures.experiment_scores import plot_composition, plot_slopes
from irf7bone.figures.experiment_words import effect_words

if TYPE_CHECKING:
    import anndata as ad

    from irf7bone.study.settings import Config


def plot_experiment_figures(
    adata: ad.AnnData, tables: Mapping[str, pd.DataFrame], *, simulated: bool, fdr: float, config: Config
) -> dict[str, Drawing]:
    """Draw the samples of one experiment and every contrast, for the primary method.

    Args:
        adata: The experiment.
        tables: By the names of their files in :mod:`irf7bone.tables.register`.
        simulated: Whether the experiment is simulated; then every figure says so.
        fdr: False discovery rate that the volcano's line stands for.
        config: The study's settings.

    Returns:
        Drawings by the names of :func:`irf7bone.figures.experiment_figures`.
    """
    experiment = tables["quality"]["experiment"].iloc[0]
    figure = plot_samples(
        tables["quality"], tables["distances"], title=f"{experiment}: samples", simulated=simulated
    )
    drawn = {"samples": Drawing(figure, tables["quality"])}
    for contrast in tables["contrasts"].to_dict("records"):
        own = {
            name: table[table["contrast"] == contrast["contrast"]]
            for name, table in tables.items()
            if "contrast" in table
        }
        drawn |= _plot_contrast(adata, own, tables["sample_scores"], contrast, simulated, fdr, config)
    return drawn


def _plot_contrast(
    adata: ad.AnnData,
    own: Mapping[str, pd.DataFrame],
    scores: pd.DataFrame,
    contrast: Mapping,
    simulated: bool,
    fdr: float,
    config: Config,
) -> dict[str, Drawing]:
    name, method = contrast["contrast"], config.primary.method
    claim = own["claim"].iloc[0]
    groups = (contrast["reference"], contrast["case"])
    effect = effect_words(contrast)
    label = f"{contrast['experiment']}, {name}"
    chosen = own["signatures"][own["signatures"]["method"] == method]
    key = key_signatures(claim["signature"], config.proliferation_signature, chosen["signature"].tolist())
    measured = scores[
        (scores["method"] == method) & scores["group"].isin(groups) & scores["signature"].isin(key)
    ]
    panel = heatmap_table(adata.to_df(), own["panel"], adata.obs, list(groups))
    sets = own["gene_sets"]
    tested = set(sets.loc[(sets["status"] == "ok") & (sets["side"] == "up"), "signature"])
    ranked = [signature for signature in key if signature in tested]
    running = own["running"][own["running"]["signature"].isin(ranked)]
    adjusted = own["adjusted"]
    adjusted = adjusted[(adjusted["signature"] == claim["signature"]) & (adjusted["method"] == method)]
    beside = pd.concat(
        [
            own["composition"].assign(shown="marker").rename(columns={"marker": "label"}),
            adjusted.assign(shown="adjusted").rename(columns={"adjustment": "label"}),
        ]
    )
    columns = ["shown", "label", "difference", "ci_low", "ci_high", "p", "status", "reason"]
    same = {"simulated": simulated}
    return {
        f"{name}_volcano": Drawing(
            plot_volcano(own["genes"], title=f"{label}: every gene", effect=effect, fdr=fdr, **same),
            own["genes"][["gene", "panel", "log2_fc", "t", "p", "q"]].round({"log2_fc": 4, "t": 4}),
        ),
        f"{name}_slopes": Drawing(
            plot_slopes(measured, chosen, key, groups, title=f"{label}: scores", **same), measured
        ),
        f"{name}_heatmap": Drawing(plot_heatmap(panel, title=f"{label}: interferon genes", **same), panel),
        f"{name}_enrichment": Drawing(
            plot_running(running, sets, ranked, title=f"{label}: running enrichment", groups=groups, **same),
            running,
        ),
        f"{name}_composition": Drawing(
            plot_composition(
                own["composition"],
                adjusted,
                claim["signature"],
                title=f"{label}: what the tissue is made of",
                effect=effect,
                **same,
            ),
            beside[columns],
        ),
    }

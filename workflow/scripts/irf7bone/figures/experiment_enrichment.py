"""Running enrichment of gene sets along a contrast's ranking."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from matplotlib.figure import Figure

from irf7bone.base.phrases import STATUS_WORDS, p_clause, signature_label
from irf7bone.figures import style

HEIGHT_MM = 66.0


def plot_running(
    running: pd.DataFrame,
    sets: pd.DataFrame,
    signatures: Sequence[str],
    *,
    title: str,
    groups: tuple[str, str],
    simulated: bool,
) -> Figure:
    """Draw the running sum of each signature's up genes over all genes, ranked by moderated t.

    Args:
        running: Rows of :data:`irf7bone.tables.experiment.RUNNING` of one contrast.
        sets: Rows of :data:`irf7bone.tables.experiment.GENE_SETS` of one contrast.
        signatures: Signatures to show, in order.
        title: Title.
        groups: Reference and case.
        simulated: Whether the counts are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, HEIGHT_MM, title=title, simulated=simulated)
        pitch = wide / max(len(signatures), 2)
        for place, signature in enumerate(signatures):
            left = 14 + place * pitch
            own = running[(running["signature"] == signature) & (running["side"] == "up")]
            row = sets[(sets["signature"] == signature) & (sets["side"] == "up")].iloc[0].to_dict()
            sheet.text(left, 1, signature_label(signature, 40), va="top", weight="bold")
            sheet.text(left, 6, _said(row), va="top", size=style.SMALL_POINTS)
            axes = sheet.axes(left, 16, pitch - 20, HEIGHT_MM - 34)
            if own.empty:
                style.say_instead(axes, STATUS_WORDS[row["status"]], 30)
                continue
            ticks = sheet.axes(left, HEIGHT_MM - 17, pitch - 20, 5)
            own = own.sort_values("position", kind="stable")
            axes.plot(own["position"], own["running"], color=style.GREEN, linewidth=1.2)
            axes.axhline(0, color=style.INK, linewidth=0.6)
            peak = own.loc[own["running"].abs().idxmax()]
            axes.plot(
                [peak["position"]] * 2,
                [0, peak["running"]],
                color=style.RED,
                linewidth=0.8,
                linestyle="dotted",
            )
            end = int(own["position"].max())
            axes.set(xlim=(0, end), xticks=[])
            axes.set_ylabel("running sum")
            hits = own.loc[own["hit"], "position"]
            ticks.vlines(hits, 0, 1, color=style.INK, linewidth=0.35)
            ticks.set(xlim=(0, end), ylim=(0, 1), yticks=[], xticks=[0, end])
            ticks.spines["left"].set_visible(False)
            ticks.set_xlabel(f"genes, from higher in {groups[1]} to higher in {groups[0]}")
        return sheet.figure


def _said(row: dict) -> str:
    if row["status"] != "ok":
        return STATUS_WORDS[row["status"]]
    said = f"{int(row['n_genes_used'])} genes, NES {row['nes']:.2f}".replace("-", "−")
    return f"{said}, prerank {p_clause(row['prerank_p'])},\ncamera {p_clause(row['camera_p'])}"

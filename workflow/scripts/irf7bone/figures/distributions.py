"""How the scores of one cohort are spread, and how its signatures go together."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from irf7bone.base.phrases import signature_name
from irf7bone.figures import style
from irf7bone.figures.drawing_library import load_seaborn

ROW_MM, HEAD_MM, FOOT_MM = 6.2, 6.0, 11.0
LABEL_MM, VIOLIN_MM, GAP_MM = 56.0, 54.0, 7.0
ER_COLOURS = {"positive": style.SKY, "negative": style.ORANGE}
FEWEST_FOR_SPLIT = 5
MOST_WITH_NUMBERS = 14


def order_signatures(scores: pd.DataFrame, primary: str) -> list[str]:
    """The primary signature, then the others by falling Spearman correlation with it (names break ties).

    Args:
        scores: Samples x signatures.
        primary: Name that comes first where it is among them.
    """
    others = sorted(name for name in scores.columns if name != primary)
    if primary not in scores.columns:
        return others
    correlation = scores.corr(method="spearman")[primary].round(9).fillna(-2.0)
    return [primary, *sorted(others, key=lambda name: -correlation[name])]


def plot_scores(table: pd.DataFrame, primary: str, *, title: str, method: str, simulated: bool) -> Figure:
    """Draw each signature's raw scores (violins, by ER where known) beside the signatures' correlation.

    Args:
        table: Columns sample, signature, score_raw, er (``positive``, ``negative`` or missing), the ok
            scores of one cohort and method.
        primary: Signature that comes first.
        title: Words above the figure.
        method: Scoring method, for the axis.
        simulated: Marks the figure as not being about patients.
    """
    with style.in_style():
        wide = table.pivot(index="sample", columns="signature", values="score_raw")
        order = order_signatures(wide, primary)
        height = ROW_MM * max(len(order), 1)
        square = style.TWO_COLUMNS_MM - LABEL_MM - VIOLIN_MM - GAP_MM - 3
        sheet = style.new_sheet(
            style.TWO_COLUMNS_MM, HEAD_MM + height + FOOT_MM, title=title, simulated=simulated
        )
        if not order:
            style.say_instead(
                sheet.axes(2, 2, style.TWO_COLUMNS_MM - 4, sheet.height_mm - 4),
                "No signature could be scored in this cohort: see the table of coverage.",
            )
            return sheet.figure
        short = [style.shorten(signature_name(name), 36) for name in order]
        labels = [f"{name}  {i}" for i, name in enumerate(short, start=1)]
        violins = sheet.axes(LABEL_MM, HEAD_MM, VIOLIN_MM, height)
        _plot_violins(violins, table, order, labels, method)
        heat = sheet.axes(LABEL_MM + VIOLIN_MM + GAP_MM, HEAD_MM, square, height)
        _plot_correlation(heat, wide[order])
        return sheet.figure


def _plot_violins(axes: Axes, table: pd.DataFrame, order: list[str], labels: list[str], method: str) -> None:
    sns = load_seaborn()

    counts = table.drop_duplicates("sample")["er"].value_counts()
    by_er = all(counts.get(state, 0) >= FEWEST_FOR_SPLIT for state in ER_COLOURS)
    shared = {
        "data": table[table["er"].isin(list(ER_COLOURS))] if by_er else table,
        "x": "score_raw",
        "y": "signature",
        "order": order,
        "ax": axes,
        "inner": "quart",
        "linewidth": 0.5,
        "linecolor": style.INK,
        "density_norm": "width",
        "width": 0.86,
        "cut": 0,
    }
    if by_er:
        sns.violinplot(
            **shared,
            hue="er",
            hue_order=list(ER_COLOURS),
            palette=ER_COLOURS,
            split=True,
            gap=0.06,
            saturation=1,
            legend=False,
        )
        handles = [
            Patch(facecolor=colour, edgecolor=style.INK, linewidth=0.5, label=f"ER {state} ({counts[state]})")
            for state, colour in ER_COLOURS.items()
        ]
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(-0.02, 1.0), ncols=2, frameon=False,
            handlelength=1.0, columnspacing=1.0, borderpad=0.2, fontsize=style.SMALL_POINTS,
        )  # fmt: skip
    else:
        sns.violinplot(**shared, color=style.SKY, saturation=1)
        axes.set_title(f"n = {table['sample'].nunique()}")
    axes.axvline(0, color=style.GREY, linewidth=0.5, zorder=0)
    axes.set_yticks(range(len(order)), labels=labels)
    axes.set(xlabel=f"score ({method}), raw", ylabel="")
    axes.tick_params(axis="y", length=0)


def _plot_correlation(axes: Axes, wide: pd.DataFrame) -> None:
    sns = load_seaborn()

    numbers = [str(i) for i in range(1, wide.shape[1] + 1)]
    sns.heatmap(
        wide.corr(method="spearman"),
        ax=axes,
        vmin=-1,
        vmax=1,
        cmap="RdBu_r",
        annot=len(numbers) <= MOST_WITH_NUMBERS,
        fmt=".1f",
        annot_kws={"size": style.SMALL_POINTS - 1},
        linewidths=0.4,
        linecolor="white",
        cbar=False,
        xticklabels=numbers,
        yticklabels=False,
    )
    axes.set(xlabel="signature, numbered as on the left", ylabel="")
    axes.set_title("Spearman correlation between scores", pad=4)
    axes.tick_params(axis="both", length=0)

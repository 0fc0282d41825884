"""Sample quality of one cohort: principal components, and the measures that can flag a sample."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from irf7bone.figures import style
from irf7bone.figures.drawing_library import load_seaborn
from irf7bone.figures.plot_curves import spread

ER_COLOURS = {"positive": style.BLUE, "negative": style.ORANGE, "unknown": style.GREY}
ER_LABELS = {"positive": "ER+", "negative": "ER−", "unknown": "ER unknown"}
MEASURES = {
    "median_log2": "median expression\n(log2)",
    "iqr_log2": "interquartile range\n(log2)",
    "correlation": "correlation with\nother samples",
    "filled": "share of genes at\none value",
}
MOST_NAMED = 6
NAME_GAP = 0.05
BATCH_MARKERS = ("o", "^", "s", "D", "v", "P")
OTHER_BATCHES = "other"
UNKNOWN_BATCH = "unknown"


def plot_quality(table: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Draw the first two principal components and each measure along the file; flagged samples are ringed.

    Args:
        table: :data:`irf7bone.tables.cohort.QC` of one cohort, with a column er (``positive``,
            ``negative`` or missing); shapes tell its batches where it has any, the most frequent first.
        title: Words above the figure.
        simulated: Marks the figure as not being about patients.
    """
    with style.in_style():
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, 72, title=title, simulated=simulated)
        shown = table.assign(er=table["er"].where(table["er"].isin(["positive", "negative"]), "unknown"))
        states = [state for state in ER_COLOURS if (shown["er"] == state).any()]
        _plot_components(sheet.axes(14, 9, 52, 52), shown, states)
        for i, (column, label) in enumerate(MEASURES.items()):
            axes = sheet.axes(78 + i * 26.5, 9, 19, 52)
            _plot_strip(axes, shown, column, label, states)
        return sheet.figure


def _plot_components(axes: Axes, shown: pd.DataFrame, states: list[str]) -> None:
    known = states != ["unknown"]
    batches = drawn_batches(shown["batch"])
    shapes = dict(zip(dict.fromkeys(batches), BATCH_MARKERS, strict=False))
    for state in states:
        rows = shown[shown["er"] == state]
        label = f"{ER_LABELS[state]} ({len(rows)})" if known else f"n = {len(rows)}"
        for batch, marker in shapes.items():
            part = rows[(batches[rows.index] == batch).to_numpy()]
            axes.scatter(
                part["pc1"],
                part["pc2"],
                s=11,
                color=ER_COLOURS[state],
                alpha=0.75,
                linewidth=0,
                marker=marker,
            )
        axes.scatter([], [], s=11, color=ER_COLOURS[state], alpha=0.75, linewidth=0, label=label)
    axes.margins(0.08)
    flagged = flagged_of(shown)
    _ring(axes, flagged["pc1"], flagged["pc2"])
    if len(flagged) <= MOST_NAMED:  # more names than that would hide the samples
        _name(axes, flagged)
    states_legend = axes.legend(
        loc="lower left", bbox_to_anchor=(-0.03, 0.995), ncols=3, frameon=False, handletextpad=0.1,
        columnspacing=0.8, borderpad=0.2, borderaxespad=0, fontsize=style.SMALL_POINTS,
    )  # fmt: skip
    if len(shapes) > 1:
        axes.add_artist(states_legend)
        _batch_legend(axes, shapes)
    for name, setter in (("pc1", axes.set_xlabel), ("pc2", axes.set_ylabel)):
        setter(f"{name.upper()} ({100 * shown[f'{name}_variance'].iloc[0]:.1f} % of variance)")


def drawn_batches(batch: pd.Series) -> pd.Series:
    """The batch of each sample as it is drawn: the most frequent have a shape each, the others share one.

    Args:
        batch: Text or missing, one a sample.
    """
    if batch.isna().all():
        return batch.fillna("").astype(str)
    named = batch.astype("object").where(batch.notna(), UNKNOWN_BATCH).astype(str)
    frequent = sorted(named.value_counts().items(), key=lambda item: (-item[1], item[0]))
    kept = [name for name, _ in frequent]
    if len(kept) > len(BATCH_MARKERS):
        kept = kept[: len(BATCH_MARKERS) - 1]
    drawn = named.where(named.isin(kept), OTHER_BATCHES)
    order = {name: place for place, name in enumerate([*kept, OTHER_BATCHES])}
    return drawn.iloc[drawn.map(order).argsort(kind="stable")]


def _batch_legend(axes: Axes, shapes: dict[str, str]) -> None:
    handles = [
        Line2D(
            [], [], linestyle="", marker=marker, markersize=3, color=style.INK, label=style.shorten(name, 16)
        )
        for name, marker in shapes.items()
    ]
    axes.legend(
        handles=handles, loc="best", frameon=True, framealpha=0.7, edgecolor="none", handletextpad=0.1,
        borderpad=0.2, labelspacing=0.2, fontsize=style.SMALL_POINTS - 0.6,
    )  # fmt: skip


def _name(axes: Axes, flagged: pd.DataFrame) -> None:
    low, high = axes.get_ylim()
    heights = ((flagged["pc2"] - low) / (high - low)).tolist()
    places = spread([height + 0.03 for height in heights], NAME_GAP, 0.02, 0.98)
    for (_, row), place in zip(flagged.iterrows(), places, strict=True):
        axes.annotate(
            style.shorten(str(row["sample"]), 14),
            (row["pc1"], low + place * (high - low)),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            size=style.SMALL_POINTS - 0.6,
            color=style.RED,
        )


def _plot_strip(axes: Axes, shown: pd.DataFrame, column: str, label: str, states: list[str]) -> None:
    sns = load_seaborn()

    # against the order in the file, because batches that were run one after the other show as steps
    placed = shown.assign(order=range(1, len(shown) + 1))
    sns.scatterplot(
        data=placed, x="order", y=column, hue="er", hue_order=states, palette=ER_COLOURS,
        ax=axes, s=8, alpha=0.75, linewidth=0, legend=False,
    )  # fmt: skip
    if column == "filled":
        axes.set_ylim(-0.03, 1.03)
    axes.axhline(placed[column].median(), color=style.INK, linewidth=0.6, zorder=0)
    _ring(axes, flagged_of(placed)["order"], flagged_of(placed)[column])
    axes.set(xlabel="sample number", ylabel="")
    axes.set_title(label, size=style.SMALL_POINTS, linespacing=1.1)


def flagged_of(table: pd.DataFrame) -> pd.DataFrame:
    """The rows that a rule of quality control flagged."""
    return table[table["outlier"]]


def _ring(axes: Axes, x: pd.Series, y: pd.Series) -> None:
    axes.scatter(x, y, s=34, facecolor="none", edgecolor=style.RED, linewidth=0.9, zorder=5)

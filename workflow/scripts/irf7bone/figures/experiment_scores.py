"""Scores of one contrast, sample by sample with lines within pairs, and what the tissue is made of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base.phrases import STATUS_WORDS, p_clause, signature_label
from irf7bone.figures import style
from irf7bone.figures.experiment_words import marker_words

PANEL_MM, ROW_MM = 64.0, 5.0
CASE, REFERENCE = style.RED, style.BLUE
ADJUSTMENT_WORDS = {"none": "not adjusted", "all": "all of them"}


def plot_slopes(
    scores: pd.DataFrame,
    differences: pd.DataFrame,
    signatures: Sequence[str],
    groups: tuple[str, str],
    *,
    title: str,
    simulated: bool,
) -> Figure:
    """Draw the scores of both groups, a panel for each signature, with a line within every pair.

    Args:
        scores: Rows of :data:`irf7bone.tables.experiment.SAMPLE_SCORES` of one method and the two groups.
        differences: Rows of :data:`irf7bone.tables.experiment.SIGNATURES` of one contrast and method.
        signatures: Signatures to show, in order.
        groups: Reference and case.
        title: Title.
        simulated: Whether the counts are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, PANEL_MM, title=title, simulated=simulated)
        pitch = wide / max(len(signatures), 3)
        for place, signature in enumerate(signatures):
            axes = sheet.axes(12 + place * pitch, 16, pitch - 18, PANEL_MM - 25)
            own = scores[scores["signature"] == signature]
            fit = differences[differences["signature"] == signature].iloc[0].to_dict()
            _plot_panel(axes, own, groups)
            sheet.text(
                12 + place * pitch,
                1,
                signature_label(signature, 30),
                va="top",
                weight="bold",
                linespacing=1.1,
            )
            sheet.text(12 + place * pitch, 9, _said(fit), va="top", size=style.SMALL_POINTS)
            if place == 0:
                axes.set_ylabel("score (SD over the samples)")
        return sheet.figure


def _said(fit: dict) -> str:
    if fit["status"] != "ok":
        return STATUS_WORDS[fit["status"]]
    said = f"{fit['difference']:+.2f} SD ({fit['ci_low']:.2f} to {fit['ci_high']:.2f})".replace("-", "−")
    return f"{said}\n{p_clause(fit['p'])}"


def _plot_panel(axes: Axes, rows: pd.DataFrame, groups: tuple[str, str]) -> None:
    place = {name: index for index, name in enumerate(groups)}
    rows = rows[rows["group"].isin(groups) & (rows["status"] == "ok")]
    if rows.empty:
        style.say_instead(axes, "not scored", 20)
        return
    for _, pair in rows[rows["pair"].notna()].groupby("pair", sort=True):
        mean = pair.groupby("group", sort=False)["score_z"].mean().reindex(groups)
        if mean.notna().all():
            falls = mean.iloc[1] < mean.iloc[0]
            axes.plot([0, 1], mean, color=style.INK if falls else style.GREY, linewidth=0.7,
                      linestyle="solid" if falls else (0, (3, 1.5)), zorder=1)  # fmt: skip
    alone = rows["pair"].isna().to_numpy()
    x = rows["group"].map(place).to_numpy(dtype=float)
    # samples without a partner stand side by side in the order of their ids, so that none hides another
    for name in groups:
        own = np.flatnonzero(alone & (rows["group"] == name).to_numpy())
        x[own] += np.linspace(-0.14, 0.14, len(own)) if len(own) > 1 else 0
    for name, colour in zip(groups, (REFERENCE, CASE), strict=True):
        own = (rows["group"] == name).to_numpy()
        axes.scatter(
            x[own], rows.loc[own, "score_z"], s=14, color=colour, linewidth=0.4, edgecolor="white", zorder=3
        )
        side = 0.3 if name == groups[1] else -0.3
        mean = float(rows.loc[own, "score_z"].mean())
        axes.plot(
            [place[name] + side - 0.08, place[name] + side + 0.08], [mean, mean], color=colour, linewidth=2
        )
    axes.set_xlim(-0.5, 1.5)
    counts = rows["group"].value_counts()
    axes.set_xticks([0, 1], labels=[f"{name}\nn = {int(counts.get(name, 0))}" for name in groups])
    axes.axhline(0, color=style.PALE, linewidth=0.6, zorder=0)


def plot_composition(
    markers: pd.DataFrame, adjusted: pd.DataFrame, signature: str, *, title: str, effect: str, simulated: bool
) -> Figure:
    """Draw how tissue markers differ between the groups, and the signature's difference given them.

    Args:
        markers: Rows of :data:`irf7bone.tables.experiment.COMPOSITION` of one contrast.
        adjusted: Rows of :data:`irf7bone.tables.experiment.ADJUSTED` of one contrast, signature and method.
        signature: That signature.
        title: Title.
        effect: What the difference is, in words ("bone - primary").
        simulated: Whether the counts are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        body = ROW_MM * max(len(markers), len(adjusted), 2)
        sheet = style.new_sheet(wide, 12 + body + 12, title=title, simulated=simulated)
        half = wide / 2
        sheet.text(1, 3, "Markers of tissue and cells", va="top", weight="bold")
        sheet.text(half + 3, 3, f"{signature.replace('_', ' ')}, given them", va="top", weight="bold")
        left = sheet.axes(34, 12, half - 40, body)
        colours = [style.ORANGE if differs else style.GREY for differs in markers["differs"]]
        _forest(left, markers, [marker_words(name) for name in markers["marker"]], colours)
        left.set_xlabel(f"mean log2 expression, {effect}")
        right = sheet.axes(half + 36, 12, half - 42, body)
        words = [ADJUSTMENT_WORDS.get(name, f"given {marker_words(name)}") for name in adjusted["adjustment"]]
        colours = [style.INK if name == "none" else style.BLUE for name in adjusted["adjustment"]]
        _forest(right, adjusted, words, colours)
        right.set_xlabel(f"score (SD), {effect}")
        return sheet.figure


def _forest(axes: Axes, rows: pd.DataFrame, labels: list[str], colours: list[str]) -> None:
    axes.axvline(0, color=style.INK, linewidth=0.6, zorder=0)
    axes.set_ylim(len(rows), 0)
    for place, (row, colour) in enumerate(zip(rows.to_dict("records"), colours, strict=True)):
        y = place + 0.5
        if row["status"] != "ok":
            words = STATUS_WORDS[row["status"]]
            axes.annotate(words, (0.5, y), xycoords=("axes fraction", "data"), ha="center", va="center",
                          size=style.SMALL_POINTS, color=style.GREY)  # fmt: skip
            continue
        axes.plot([row["ci_low"], row["ci_high"]], [y, y], color=colour, linewidth=1.2)
        axes.scatter([row["difference"]], [y], s=18, marker="s", color=colour, linewidth=0, zorder=3)
    axes.set_yticks(np.arange(len(rows)) + 0.5, labels=labels)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)

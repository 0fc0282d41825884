"""What the patients of a single-cell data set show: scores with lines for pairs, compartments, split,
cytotoxic cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from irf7bone.base.cells_vocabulary import BULK, MALIGNANT, OK
from irf7bone.base.phrases import p_clause, signature_label
from irf7bone.figures import style
from irf7bone.figures.cell_words import MEASURE_WORDS, PART_WORDS, compartment_words
from irf7bone.figures.drawing_library import load_seaborn

CASE, REFERENCE = style.RED, style.BLUE


def strip_scores(
    scores: pd.DataFrame, fits: pd.DataFrame, groups: tuple[str, str], *, title: str, simulated: bool
) -> Figure:
    """The key figure: a dot a patient, lines for those with both groups; the compartment beside the bulk.

    Args:
        scores: Rows of :data:`irf7bone.tables.cells.CELL_SCORES` of the primary signature and method.
        fits: Rows of :data:`irf7bone.tables.cells.CELL_SIGNATURES` of one contrast, likewise, one a
            compartment, in the order shown.
        groups: Reference and case.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, 72, title=title, simulated=simulated)
        pitch = wide / max(len(fits), 3)
        for place, fit in enumerate(fits.to_dict("records")):
            left = 12 + place * pitch
            axes = sheet.axes(left, 17, pitch - 18, 72 - 27)
            own = scores[(scores["compartment"] == fit["compartment"]) & scores["group"].isin(groups)]
            _strip(axes, own, groups)
            sheet.text(left, 1, compartment_words(fit["compartment"]), va="top", weight="bold")
            sheet.text(left, 6, _said(fit), va="top", size=style.SMALL_POINTS, linespacing=1.15)
            if place == 0:
                axes.set_ylabel("score (SD over the samples)")
        return sheet.figure


def _strip(axes: Axes, rows: pd.DataFrame, groups: tuple[str, str]) -> None:
    if rows.empty:
        style.say_instead(axes, "no patient with enough of these cells", 24)
        return
    wide = rows.pivot_table(index="patient", columns="group", values="score_z").reindex(columns=list(groups))
    for _, pair in wide.dropna().iterrows():
        falls = pair.iloc[1] < pair.iloc[0]
        axes.plot(
            [0, 1],
            pair,
            color=style.INK if falls else style.GREY,
            linewidth=0.7,
            linestyle="-" if falls else "--",
        )
    for place, (group, colour) in enumerate(zip(groups, (REFERENCE, CASE), strict=True)):
        values = wide[group].dropna()
        alone = wide.loc[values.index].isna().any(axis=1).to_numpy()
        spread = np.where(alone, np.linspace(-0.12, 0.12, len(values)), 0.0)
        axes.scatter(place + spread, values, s=14, color=colour, zorder=3, linewidths=0.4, edgecolors="white")
    axes.set_xlim(-0.5, 1.5)
    axes.set_xticks([0, 1], [f"{group}\n{int(wide[group].notna().sum())} patients" for group in groups])


def _said(fit: Mapping) -> str:
    patients = f"{int(fit['n_patients'])} patients in the contrast"
    if fit["status"] != OK:
        return f"{patients}\nnot fitted: {str(fit['status']).replace('_', ' ')}"
    said = f"{fit['difference']:+.2f} SD ({fit['ci_low']:.2f} to {fit['ci_high']:.2f}), {p_clause(fit['p'])}"
    return f"{patients}\n{said.replace('-', '−')}"


def heat_signatures(table: pd.DataFrame, *, title: str, effect: str, simulated: bool) -> Figure:
    """Difference of every signature in every compartment; a dot where its interval excludes 0.

    Args:
        table: Rows of :data:`irf7bone.tables.cells.CELL_SIGNATURES` of one contrast and the primary method.
        title: Title.
        effect: What plus means.
        simulated: Whether the cells are simulated.
    """
    sns = load_seaborn()

    wide = table.pivot(index="signature", columns="compartment", values="difference").astype(float)
    first = [name for name in (BULK, MALIGNANT) if name in wide]
    wide = wide[[*first, *(name for name in wide.columns if name not in first)]]
    sure = ((table["ci_low"] > 0) | (table["ci_high"] < 0)).fillna(False)
    dots = (
        table.assign(sure=sure)
        .pivot(index="signature", columns="compartment", values="sure")
        .reindex_like(wide)
    )
    with style.in_style():
        height = 4.2 * len(wide)
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, height + 30, title=title, simulated=simulated)
        axes = sheet.axes(62, 2, 88, height)
        bar = sheet.axes(158, 2, 3, min(height, 30))
        sns.heatmap(
            wide,
            ax=axes,
            cbar_ax=bar,
            cmap="RdBu_r",
            center=0,
            vmin=-2,
            vmax=2,
            linewidths=0.4,
            linecolor="white",
            annot=dots.map(lambda shown: "●" if shown is True else ""),
            fmt="",
            annot_kws={"size": 5},
        )
        axes.set_facecolor("#EEEEEE")
        axes.set(xlabel="", ylabel="")
        axes.set_yticks(
            np.arange(len(wide)) + 0.5,
            [signature_label(name, 40).replace("\n", " ") for name in wide.index],
            rotation=0,
        )
        axes.set_xticks(
            np.arange(wide.shape[1]) + 0.5,
            [compartment_words(name) for name in wide],
            rotation=35,
            ha="right",
        )
        sheet.text(158, min(height, 30) + 4, effect, va="top", size=style.SMALL_POINTS)
        return sheet.figure


def waterfall_split(rows: pd.DataFrame, *, title: str, effect: str, simulated: bool) -> Figure:
    """What the bulk's difference is made of, part by part down to the total.

    Args:
        rows: Rows of :data:`irf7bone.tables.cells.SPLIT` of one contrast.
        title: Title.
        effect: What plus means.
        simulated: Whether the cells are simulated.
    """
    with style.in_style():
        sheet = style.new_sheet(style.TWO_COLUMNS_MM, 48, title=title, simulated=simulated)
        axes = sheet.axes(62, 3, 90, 32)
        if rows["status"].iloc[0] != OK:
            style.say_instead(axes, str(rows["reason"].iloc[0]))
            return sheet.figure
        start = 0.0
        for place, row in enumerate(rows.to_dict("records")):
            total = row["part"] == "total"
            left = 0.0 if total else start
            colour = style.GREY if total else (style.RED if row["part"] == "malignant_state" else style.SKY)
            axes.barh(place, row["difference"], left=left, color=colour, height=0.6)
            if not np.isnan(row["ci_low"]):
                axes.plot(
                    [left + row["ci_low"], left + row["ci_high"]],
                    [place, place],
                    color=style.INK,
                    linewidth=0.8,
                )
            start += 0.0 if total else row["difference"]
        axes.axvline(0, color=style.INK, linewidth=0.6)
        axes.set_yticks(range(len(rows)), [PART_WORDS[name] for name in rows["part"]])
        axes.invert_yaxis()
        axes.set_xlabel(f"log2 of the bulk level, {effect}")
        return sheet.figure


def scatter_cytotoxic(points: pd.DataFrame, tests: pd.DataFrame, *, title: str, simulated: bool) -> Figure:
    """Malignant score against cytotoxic cells, a dot a patient, the largest stratum.

    Args:
        points: ``measure``, ``x`` (measure), ``y`` (score), ``patient``, ``subtype``.
        tests: Rows of :data:`irf7bone.tables.cells.CYTOTOXIC_LINK` of that stratum, in the order shown.
        title: Title.
        simulated: Whether the cells are simulated.
    """
    with style.in_style():
        wide = style.TWO_COLUMNS_MM
        sheet = style.new_sheet(wide, 58, title=title, simulated=simulated)
        pitch = wide / max(len(tests), 3)
        for place, test in enumerate(tests.to_dict("records")):
            axes = sheet.axes(13 + place * pitch, 10, pitch - 18, 34)
            own = points[points["measure"] == test["measure"]]
            for number, (name, part) in enumerate(own.groupby("subtype", dropna=False, sort=True)):
                axes.scatter(
                    part["x"], part["y"], s=14, color=_colours(number), label=str(name), linewidths=0
                )
            axes.set_xlabel(MEASURE_WORDS[test["measure"]])
            if place == 0:
                axes.set_ylabel("interferon score of the malignant cells")
                if own["subtype"].notna().any():
                    axes.legend(frameon=False, loc="best", fontsize=style.SMALL_POINTS, handletextpad=0.1)
            said = f"{int(test['n_patients'])} patients" + (
                "" if pd.isna(test["rho"]) else f", rho {test['rho']:.2f}".replace("-", "−")
            )
            said += f"\n{p_clause(test['p'])}" if test["status"] == OK else "\nnot tested"
            sheet.text(13 + place * pitch, 1, said, va="top", size=style.SMALL_POINTS)
        return sheet.figure


def _colours(number: int) -> str:
    palette: Sequence[str] = (style.BLUE, style.ORANGE, style.GREEN, style.PINK, style.SKY, style.RED)
    return palette[number % len(palette)]

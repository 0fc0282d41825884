"""What a drawing is, and which models are shown side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from irf7bone.random_signatures.null_plan import null_plan

if TYPE_CHECKING:
    from irf7bone.study.settings import Config

SIDE_BY_SIDE = ("proliferation_er", "proliferation", "unadjusted", "clinical", "full")


class Drawing(NamedTuple):
    """A figure and the numbers it shows."""

    figure: Figure
    table: pd.DataFrame


def forest_models(config: Config) -> tuple[str, ...]:
    """The models shown side by side: the primary one and one to hold it against, unadjusted first."""
    second = [model for model in SIDE_BY_SIDE if model in config.models and model != config.primary.model]
    pair = (config.primary.model, *second[:1])
    return tuple(sorted(pair, key=lambda model: model != "unadjusted"))


def er_models(config: Config) -> tuple[str, ...]:
    """Those of them that differ within ER strata, where adjusting for ER as well changes nothing."""
    alike, named = {"proliferation", "proliferation_er"}, config.primary.model
    return tuple(model for model in forest_models(config) if model == named or {model, named} != alike)


def null_models(config: Config) -> tuple[str, ...]:
    """Those of them for which random signatures are drawn; the primary one always is."""
    drawn = null_plan(config).models
    return tuple(model for model in forest_models(config) if model in drawn)

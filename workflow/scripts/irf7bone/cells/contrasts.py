"""Each contrast of the card in one compartment: whether patients suffice, its model, the smallest p it can
reach.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import anndata as ad
import pandas as pd

from irf7bone.base.cells_vocabulary import NO_COMPARTMENT, NOT_SEPARABLE, OK, TOO_FEW_PATIENTS
from irf7bone.base.errors import InputError
from irf7bone.experiments.compare import LEAST_DF
from irf7bone.experiments.design import MIN_GROUP, ContrastDesign, build_designs
from irf7bone.experiments.permute import smallest_p
from irf7bone.study.cells_card import CellContrast
from irf7bone.study.experiment_card import Contrast


@dataclass(frozen=True)
class PlannedContrast:
    """A contrast in one compartment.

    Attributes:
        contrast: The card's contrast.
        compartment: The compartment.
        design: The model; None where ``status`` is not ``ok``.
        obs: Samples with ``group`` and ``pair``, where a patient without the other group has no pair.
        sizes: ``n_patients``, ``n_case``, ``n_reference``, ``n_pairs``.
        status: ``ok``, ``no_compartment``, ``too_few_patients`` or ``not_separable``.
        reason: In words, where not ok.
    """

    contrast: CellContrast
    compartment: str
    design: ContrastDesign | None
    obs: pd.DataFrame
    sizes: dict[str, int | None]
    status: str
    reason: str | None

    @property
    def facts(self) -> dict[str, object]:
        """What every row about it holds."""
        return {"contrast": self.contrast.id, "compartment": self.compartment, **self.sizes}

    @property
    def min_p(self) -> float | None:
        """The smallest two-sided p of relabelling; None where labels cannot be exchanged."""
        return smallest_p(self.design) if self.design else None


def plan(data_set: str, adata: ad.AnnData, contrast: CellContrast, compartment: str) -> PlannedContrast:
    """Choose the samples of a contrast and build its model.

    Args:
        data_set: Id, for messages.
        adata: Usable samples of the compartment, see :func:`irf7bone.cells.pseudobulk.as_experiment`.
        contrast: The contrast.
        compartment: The compartment.
    """
    obs = adata.obs[["group", "pair", "batch"]].astype(object)
    used = obs[obs["group"].isin([contrast.case, contrast.reference])]
    if contrast.paired:
        both = used.groupby("pair")["group"].nunique()
        alone = ~used["pair"].isin(both.index[both == 2])
        obs.loc[used.index[alone], "pair"] = None
        used = used[~alone]
    n_case, n_reference = (int((used["group"] == name).sum()) for name in (contrast.case, contrast.reference))
    sizes = {
        "n_patients": used["pair"].nunique() if contrast.paired else obs.loc[used.index, "pair"].nunique(),
        "n_case": n_case,
        "n_reference": n_reference,
        "n_pairs": n_case if contrast.paired else None,
    }
    made = PlannedContrast(contrast, compartment, None, obs, sizes, OK, None)
    if adata.n_obs == 0:
        return replace(made, status=NO_COMPARTMENT, reason="no patient has enough of these cells")
    df = n_case - 1 if contrast.paired else n_case + n_reference - 2
    if min(n_case, n_reference) < MIN_GROUP or df < LEAST_DF:
        return replace(made, status=TOO_FEW_PATIENTS, reason=_too_few(contrast, n_case, n_reference))
    shared = set(used.loc[used["group"] == contrast.case, "pair"]) & set(
        used.loc[used["group"] == contrast.reference, "pair"]
    )
    if not contrast.paired and shared:
        reason = f"{len(shared)} patients are in both groups: compare them paired, or leave them out"
        return replace(made, status=NOT_SEPARABLE, reason=reason)
    plain = Contrast(
        contrast.id, contrast.case, contrast.reference, contrast.paired, contrast.batch, contrast.meaning
    )
    try:
        [design] = build_designs(data_set, obs.loc[used.index], [plain])
    except InputError as error:
        return replace(made, status=NOT_SEPARABLE, reason="; ".join(item.found for item in error.problems))
    if design.df_residual < LEAST_DF:
        return replace(made, status=TOO_FEW_PATIENTS, reason=_too_few(contrast, n_case, n_reference))
    return replace(made, design=design)


def _too_few(contrast: CellContrast, n_case: int, n_reference: int) -> str:
    if contrast.paired:
        return f"{n_case} patients with both {contrast.case} and {contrast.reference}; 3 are needed"
    return (
        f"{n_case} patients with {contrast.case}, {n_reference} with {contrast.reference}; "
        "2 of each and 4 in all are needed"
    )

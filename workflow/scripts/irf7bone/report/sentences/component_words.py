"""What is said of a component that splits a group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from irf7bone.report.sentences.experiment_captions import signed, signed_range

GENES_SAID = 8


def component_words(row: Mapping[str, Any]) -> str:
    """A named row of :data:`irf7bone.tables.experiment_components.COMPONENTS`, in words."""
    genes = str(row["genes"]).split(", ")[:GENES_SAID]
    said = (
        f"within its groups component {row['component']} holds {100 * row['share']:.0f} % of the variance "
        f"and splits {row['split_group']}: {row['low_samples']} against {row['high_samples']} (genes: "
        f"{', '.join(genes)}). A batch that was not recorded, or another tissue, may stand behind it."
    )
    if row["status"] != "ok":
        return f"{said} The contrast cannot be adjusted for it: {row['reason']}."
    return (
        f"{said} With it in the model the score of {row['signature']} differs by {signed(row['difference'])} "
        f"({signed_range(row['ci_low'], row['ci_high'])}) standard deviations; the component was chosen from "
        "the same data, so this decides nothing."
    )

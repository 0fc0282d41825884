"""The base of ../shared/cases with changed tables, in one call; and the text of a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from madeup.cases import Case, log_hr

from irf7bone.base.errors import InputError
from irf7bone.genes.symbols import SymbolTable
from irf7bone.harmonise.cohort import Harmonised


class BaseCase(Case):
    """The base, whose tables are replaced for one run.

    Args:
        shared: The folder ../shared/cases.
        folder: Where files go.
        symbols: Current symbols.
    """

    def __init__(self, shared: Path, folder: Path, symbols: SymbolTable):
        super().__init__(shared, folder)
        self.symbols = symbols

    def run(
        self,
        expression: pd.DataFrame | None = None,
        clinical: pd.DataFrame | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        **changes: Any,
    ) -> Harmonised:
        """What a run makes of the base with other tables, other settings of the expression, other keys."""
        before = self.expression, self.clinical, self.card
        self.expression = self.expression if expression is None else expression
        self.clinical = self.clinical if clinical is None else clinical
        self.card = {**self.card, **changes, "expression": {**self.card["expression"], **(settings or {})}}
        try:
            return self.harmonise(self.symbols)
        finally:
            self.expression, self.clinical, self.card = before

    def log_hr(self, found: Harmonised) -> float:
        """Unadjusted log hazard ratio of bone metastasis for one standard deviation of the primary score."""
        return log_hr(found, self.symbols)


def refusal(attempt: Callable[[], object]) -> str:
    """The text with which an input is refused."""
    with pytest.raises(InputError) as error:
        attempt()
    return str(error.value)

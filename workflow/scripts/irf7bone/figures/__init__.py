"""Figures: each function takes the table it draws and returns a matplotlib figure.

This file stays light; :mod:`irf7bone.figures.draw` is what scripts call.
"""

from __future__ import annotations

from collections.abc import Sequence

IRF7_SIGNATURE = "IRF7"


def key_signatures(primary: str, proliferation: str, selected: Sequence[str]) -> tuple[str, ...]:
    """The signatures that are drawn one by one: the primary, IRF7 alone, and proliferation."""
    wanted = dict.fromkeys((primary, IRF7_SIGNATURE, proliferation))
    return tuple(name for name in wanted if name in selected)

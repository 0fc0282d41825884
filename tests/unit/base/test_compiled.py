"""Compiled loops keep their machine code where they can, and work where they cannot."""

from __future__ import annotations

import numba
import numpy as np

from irf7bone.base.compiled import VECTOR, compiled


def double(values):
    return values * 2


def test_without_a_folder_for_machine_code_it_is_compiled_all_the_same(monkeypatch):
    real = numba.njit

    def no_folder(*arguments, **options):
        if options.pop("cache", False):
            raise RuntimeError("cannot cache function: no locator available for file")
        return real(*arguments, **options)

    monkeypatch.setattr(numba, "njit", no_folder)
    assert compiled(VECTOR)(double)(np.arange(3.0)).tolist() == [0, 2, 4]

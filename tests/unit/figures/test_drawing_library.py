import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats
from seaborn.external import kde

FRESH = """
import sys
from irf7bone.figures.drawing_library import load_seaborn
assert load_seaborn() is load_seaborn()
assert "scipy.stats" not in sys.modules
sys.modules["seaborn"].violinplot(x=[1.0, 2.0, 4.0])
import scipy.stats
assert scipy.stats.norm.cdf(0) == 0.5
"""


def test_scipy_stats_is_out_of_sight_only_while_seaborn_is_imported():
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", FRESH], env=os.environ | paths, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("n", [5, 80, 300])
def test_a_violin_without_scipy_stats_is_the_same(n):
    values = np.random.default_rng(n).normal(3, 2, size=n)
    at = np.linspace(-5, 11, 100)
    for bandwidth in ("scott", 0.3):
        ours, theirs = kde.gaussian_kde(values, bandwidth)(at), stats.gaussian_kde(values, bandwidth)(at)
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-300)

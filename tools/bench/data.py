"""The data of the benchmarks: simulated, so that they are the same everywhere."""

from __future__ import annotations

import numpy as np
import pandas as pd

N_GENES, N_SAMPLES, SET_SIZE = 12_000, 300, 30


def expression(n_samples: int = N_SAMPLES, n_genes: int = N_GENES) -> pd.DataFrame:
    """Samples x genes, log2; float64, as equal values within a sample are ranked by position in the peers."""
    random = np.random.default_rng(1)
    level, spread = random.uniform(4, 12, n_genes), random.gamma(4, 0.2, n_genes)
    values = level + spread * random.normal(size=(n_samples, n_genes))
    samples = [f"S{k:04d}" for k in range(n_samples)]
    return pd.DataFrame(values, index=samples, columns=[f"G{k:05d}" for k in range(n_genes)])


def gene_sets(n_sets: int, n_genes: int = N_GENES) -> dict[str, list[str]]:
    """Random sets of genes by name."""
    random = np.random.default_rng(2)
    return {
        f"SET{k:05d}": sorted(f"G{gene:05d}" for gene in random.choice(n_genes, SET_SIZE, replace=False))
        for k in range(n_sets)
    }


def follow_up() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Time, event (about a third of the patients) and a covariate that bears on them, shapes (n,)."""
    random = np.random.default_rng(3)
    covariate = random.normal(size=N_SAMPLES)
    clock = random.exponential(120 * np.exp(-0.4 * covariate))
    end = random.uniform(30, 90, N_SAMPLES)
    return np.minimum(clock, end), (clock <= end).astype(float), covariate

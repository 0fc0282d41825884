"""Samples that share an animal or a culture: the correlation within such blocks, by REML, for many rows.

With V = (1 - rho) I + rho ZZ' (Z: which block a sample is of) and M the projection onto the residuals of the
design, the residuals of a row fall into independent parts along the eigenvectors of MZZ'M; part k has the
variance 1 - rho + rho d_k, in units of sigma^2. With sigma^2 profiled out, REML is a function of rho alone.
Weights are those of limma's `duplicateCorrelation` (Smyth 2005, Bioinformatics 21:2067):
rows and design times the root of the weight, and the correlation between what they give.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROWS_PER_BLOCK = 2000
GRID = 48
HALVINGS = 40
MARGIN = 0.01  # of the correlations of genes to the ends of what is possible, as limma's
TRIMMED = 0.15  # of the genes' correlations at each end, as limma's
TOLERANCE = 1e-9
CLOSE = 1e-6
ROUNDING = 1e-24  # of a row's sum of squares: what is left of a constant row


@dataclass(frozen=True)
class RandomIntercept:
    """The last coefficient of a model with a random intercept a block, one value a row.

    Attributes:
        effect: Coefficient.
        se: Its standard error, Kenward and Roger's.
        df: Satterthwaite's degrees of freedom of the squared standard error, from the expected information;
            in a balanced design those of the stratum that the coefficient is estimated in.
        sd: Root of the variance of one sample: within blocks and between.
        correlation: Within blocks.
    """

    effect: np.ndarray
    se: np.ndarray
    df: np.ndarray
    sd: np.ndarray
    correlation: np.ndarray


@dataclass(frozen=True)
class _Parts:
    """Residuals along the eigenvectors: ``d`` and ``counts`` rows (or 1) x parts, ``squares`` rows x parts;
    ``rest`` and ``n_rest`` of those with d = 0, a row each (or 1)."""

    d: np.ndarray
    counts: np.ndarray
    squares: np.ndarray
    rest: np.ndarray
    n_rest: np.ndarray


def within_block_correlations(
    values: np.ndarray, design: np.ndarray, blocks: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """REML estimate of the correlation within blocks in each row; NaN where nothing is left of it.

    Estimates are kept 0.01 off 1 and off the most negative correlation that the largest block can have.

    Args:
        values: Rows x samples.
        design: Samples x coefficients, full rank.
        blocks: Block of each sample, numbered from 0.
        weights: Rows x samples, above 0; None for equal weights.
    """
    low = 1 / (1 - np.bincount(blocks).max()) + MARGIN
    found = []
    for start in range(0, max(1, len(values)), ROWS_PER_BLOCK):
        rows = slice(start, start + ROWS_PER_BLOCK)
        parts = _parts(values[rows], design, blocks, None if weights is None else weights[rows])
        found.append(_maximise(parts, low, 1 - MARGIN))
    return np.concatenate(found)


def consensus_correlation(correlations: np.ndarray) -> float:
    """The one correlation of all rows: the mean of atanh without the 15 % at each end, back by tanh.

    Args:
        correlations: One a row; NaN is left out, and 0 is the correlation of none.
    """
    if not np.isfinite(correlations).any():
        return 0.0
    fisher = np.sort(np.arctanh(correlations[np.isfinite(correlations)]))
    cut = int(len(fisher) * TRIMMED)
    return float(np.tanh(fisher[cut : len(fisher) - cut].mean()))


def block_root(blocks: np.ndarray, correlation: float) -> np.ndarray:
    """Symmetric root of the inverse correlation matrix, samples x samples: what makes samples independent.

    Args:
        blocks: Block of each sample.
        correlation: Between two samples of a block, above -1 / (largest block - 1) and below 1.
    """
    same = blocks[:, None] == blocks[None, :]
    size = same.sum(axis=1)
    within = 1 / np.sqrt(1 - correlation)
    between = 1 / np.sqrt(1 + (size - 1) * correlation)
    return within * np.eye(len(blocks)) + same * ((between - within) / size)[:, None]


def degrees_of_effect(design: np.ndarray, blocks: np.ndarray) -> int:
    """Degrees of freedom of the error that the last coefficient is held against, as if in one stratum.

    Between blocks where the coefficient's column is fixed by the blocks and the other columns, within them
    elsewhere.

    Args:
        design: Samples x coefficients, full rank.
        blocks: Block of each sample.
    """
    whole = np.linalg.matrix_rank(np.column_stack([design, _indicators(blocks)]))
    return int(whole - design.shape[1] if _between(design, blocks) else len(blocks) - whole)


def _between(design: np.ndarray, blocks: np.ndarray) -> bool:
    """Whether blocks and the other columns fix the last one."""
    others = np.column_stack([design[:, :-1], _indicators(blocks)])
    return bool(
        np.linalg.matrix_rank(np.column_stack([others, design[:, -1]])) == np.linalg.matrix_rank(others)
    )


def _in_one_stratum(design: np.ndarray, blocks: np.ndarray) -> bool:
    """Whether the effect lies between blocks alone, or within them alone: its own part sums to 0 in each."""
    q = np.linalg.qr(design[:, :-1])[0]
    own = design[:, -1] - q @ (q.T @ design[:, -1])
    return _between(design, blocks) or bool(np.abs(own @ _indicators(blocks)).max() < TOLERANCE)


def random_intercept(values: np.ndarray, design: np.ndarray, blocks: np.ndarray) -> RandomIntercept:
    """Fit the model to each row, with a correlation of its own.

    Where the effect lies in one stratum, between blocks or within them, the correlation may be negative, so
    that a balanced design gives its t test whatever the values. Where it draws on both, a negative estimate
    would lend weight to one of them by chance: 6 to 18 % of null p below 0.05, and some 5 % bounded by 0.

    Args:
        values: Rows x samples.
        design: Samples x coefficients, full rank; the last is the effect.
        blocks: Block of each sample, numbered from 0.
    """
    parts = _parts(values, design, blocks, None)
    lowest = 1 / (1 - np.bincount(blocks).max()) + CLOSE if _in_one_stratum(design, blocks) else 0.0
    rho = _maximise(parts, lowest, 1 - CLOSE)
    known = np.where(np.isfinite(rho), rho, 0.0)
    share = 1 - known[:, None] + known[:, None] * parts.d
    total = ((parts.squares / share).sum(axis=1) + parts.rest / (1 - known)) / (len(blocks) - design.shape[1])
    same = (blocks[:, None] == blocks[None, :]).astype(float)
    roots = np.array([block_root(blocks, r) for r in known]).reshape(-1, *same.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        uncertain = _components_variance(parts, known)
        hat, variance, df = _last_effect(design, roots @ roots, same, known, uncertain)
    return RandomIntercept(np.sum(hat * values, axis=1), np.sqrt(total * variance), df, np.sqrt(total), rho)


def _components_variance(parts: _Parts, rho: np.ndarray) -> np.ndarray:
    """Variance of both variance components of each row, in units of the total, by the expected information.

    Returns:
        Rows x 2 x 2: within blocks (1 - rho), between them (rho).
    """
    inverse = parts.counts / (1 - rho[:, None] + rho[:, None] * parts.d) ** 2
    within = inverse.sum(axis=1) + parts.n_rest / (1 - rho) ** 2
    cross, between = (inverse * parts.d).sum(axis=1), (inverse * parts.d**2).sum(axis=1)
    adjugate = np.stack([np.stack([between, -cross], axis=-1), np.stack([-cross, within], axis=-1)], axis=-2)
    return 2 * adjugate / (within * between - cross**2)[:, None, None]


def _last_effect(
    design: np.ndarray, inverse: np.ndarray, same: np.ndarray, rho: np.ndarray, uncertain: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What to multiply values by, the variance of that in units of the total, and its degrees of freedom.

    The variance is Kenward and Roger's (1997, Biometrics 53:983), for what the estimated correlation adds to
    it and hides of it; nothing in a balanced design.

    Args:
        design: Samples x coefficients.
        inverse: Of the correlation matrix of each row, rows x samples x samples.
        same: Which samples are of one block, samples x samples.
        rho: Correlation of each row.
        uncertain: Result of :func:`_components_variance`.
    """
    weighted = inverse @ design
    middle = np.linalg.inv(design.T @ weighted)
    sides = np.stack([weighted, same @ weighted], axis=1)  # rows x component x samples x coefficients
    moved = sides.swapaxes(2, 3) @ weighted[:, None]
    hat = (weighted @ middle[:, :, -1:])[:, :, 0]
    unit = np.einsum("rp,rcpq,rq->rc", middle[:, -1], moved, middle[:, -1])
    variance = (1 - rho) * unit[:, 0] + rho * unit[:, 1]
    twice = sides[:, :, None].swapaxes(3, 4) @ inverse[:, None, None] @ sides[:, None]
    hidden = twice - moved[:, :, None] @ middle[:, None, None] @ moved[:, None]
    added = np.einsum("rij,rp,rijpq,rq->r", uncertain, middle[:, -1], hidden, middle[:, -1])
    df = 2 * variance**2 / np.einsum("ri,rij,rj->r", unit, uncertain, unit)
    return hat, variance + 2 * added, df


def _indicators(blocks: np.ndarray) -> np.ndarray:
    return (blocks[:, None] == np.unique(blocks)[None, :]).astype(float)


def _parts(values: np.ndarray, design: np.ndarray, blocks: np.ndarray, weights: np.ndarray | None) -> _Parts:
    """The parts of each row's residuals; with weights every row has eigenvectors of its own."""
    z = _indicators(blocks)
    if weights is None:
        q = np.linalg.qr(design)[0]
        weighted, seen = values, (q.T @ z)[None]
        residuals = values - (values @ q) @ q.T
    else:
        root = np.sqrt(weights)
        q = np.linalg.qr(root[:, :, None] * design)[0]
        weighted = root * values
        residuals = weighted - (q @ (weighted[:, None, :] @ q).swapaxes(1, 2))[:, :, 0]
        seen = q.swapaxes(1, 2) @ z
    whole = np.sum(residuals**2, axis=1)
    residuals[whole <= ROUNDING * np.sum(weighted**2, axis=1)] = 0
    d, vectors = np.linalg.eigh(z.T @ z - seen.swapaxes(1, 2) @ seen)
    counts = d > TOLERANCE
    d = np.where(counts, d, 0.0)
    along = ((residuals @ z)[:, None, :] @ vectors)[:, 0, :]
    squares = np.where(counts, along**2 / np.where(counts, d, 1.0), 0.0)
    n_rest = len(blocks) - design.shape[1] - counts.sum(axis=1)
    rest = np.maximum(np.sum(residuals**2, axis=1) - squares.sum(axis=1), 0.0)
    return _Parts(d, counts.astype(float), squares, np.where(n_rest > 0, rest, 0.0), n_rest)


def _maximise(parts: _Parts, low: float, high: float) -> np.ndarray:
    """The correlation in [low, high] at the top of the REML likelihood's hill that the start lies on.

    At the negative end, where the variance of one part comes to nothing, a second and higher top can stand
    on that part alone; so the likelihood is climbed on a grid, as statmod climbs it, and then halved.
    """
    whole = parts.squares.sum(axis=1) + parts.rest
    grid = low + (high - low) * np.sin(np.linspace(0, np.pi / 2, GRID)) ** 2
    deviance = np.stack([_deviance(parts, rho) for rho in grid])
    best, rows = np.abs(grid[:, None] - _start(parts)).argmin(axis=0), np.arange(len(whole))
    for _ in range(GRID):
        around = np.clip(np.stack([best, best - 1, best + 1]), 0, GRID - 1)
        best = around[deviance[around, rows].argmin(axis=0), rows]
    start, end = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, GRID - 1)]
    for _ in range(HALVINGS):
        middle = (start + end) / 2
        rises = _slope(parts, middle) > 0
        start, end = np.where(rises, start, middle), np.where(rises, middle, end)
    return np.where(whole > 0, (start + end) / 2, np.nan)


def _start(parts: _Parts) -> np.ndarray:
    """The correlation by least squares of squared residuals on d; 0 where that fits a negative variance."""
    counts, n_rest = np.broadcast_to(parts.counts, parts.squares.shape), parts.n_rest
    n = counts.sum(axis=1) + n_rest
    d, whole = np.broadcast_to(parts.d, parts.squares.shape), parts.squares.sum(axis=1) + parts.rest
    mean_d, mean = d.sum(axis=1) / n, whole / n
    spread = (d**2).sum(axis=1) - n * mean_d**2
    with np.errstate(divide="ignore", invalid="ignore"):
        block = ((d * parts.squares).sum(axis=1) - n * mean_d * mean) / spread
        residual = mean - block * mean_d
        fits = (residual + block * d.max(axis=1) >= 0) & (residual >= 0)
        return np.where(fits & (residual + block > 0), block / (residual + block), 0.0)


def _deviance(parts: _Parts, rho: float) -> np.ndarray:
    """Minus twice the profile log likelihood at one correlation, but for a constant."""
    share = 1 - rho + rho * parts.d
    whole = (parts.squares / share).sum(axis=1) + parts.rest / (1 - rho)
    logs = (parts.counts * np.log(share)).sum(axis=1) + parts.n_rest * np.log(1 - rho)
    n = parts.counts.sum(axis=1) + parts.n_rest
    with np.errstate(divide="ignore"):
        return n * np.log(whole) + logs


def _slope(parts: _Parts, rho: np.ndarray) -> np.ndarray:
    """Derivative of :func:`_deviance`, with a correlation for each row."""
    share = 1 - rho[:, None] + rho[:, None] * parts.d
    whole = (parts.squares / share).sum(axis=1) + parts.rest / (1 - rho)
    moved = (parts.squares * (1 - parts.d) / share**2).sum(axis=1) + parts.rest / (1 - rho) ** 2
    logs = (parts.counts * (parts.d - 1) / share).sum(axis=1) - parts.n_rest / (1 - rho)
    n = parts.counts.sum(axis=1) + parts.n_rest
    with np.errstate(divide="ignore", invalid="ignore"):
        return n * moved / whole + logs

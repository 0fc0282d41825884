"""A contrast, the samples that it compares and the linear model that compares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from irf7bone.base.errors import Problems
from irf7bone.base.experiment_vocabulary import BOTH, WITHIN
from irf7bone.experiments.replicates import blocks_of
from irf7bone.statistics.random_intercept import degrees_of_effect
from irf7bone.study.experiment_card import Contrast

MIN_GROUP = 2


@dataclass(frozen=True)
class ContrastDesign:
    """The linear model of one contrast over its own samples.

    Attributes:
        contrast: The contrast.
        samples: Ids of its samples, in the order of the experiment.
        matrix: Samples x coefficients, float64, full rank. The last column is 1 for the case group and 0 for
            the reference, so that its coefficient is the effect; the others are intercept, pairs, batches,
            and for an interaction the two factors. Ordered groups between have a share of 1.
        groups: Group of each sample, numbered: 0 the reference, 1 the case, others from 2 on.
        strata: Integer code of the stratum within which labels may be exchanged: the pair, or else the batch.
        exchangeable: False where batch differs within pairs, so that exchanging labels within a pair would
            exchange batches with them, and where there are more than two groups.
        n_pairs: Pairs; None where the contrast is unpaired.
        not_used: Samples of the two groups that are left out, with the reason.
        batch: Whether batch is a factor of the model.
        model: The model in words.
        blocks: Number of the animal, clone or culture of each sample, where samples of one are correlated;
            None where samples are independent.
        layout: How the groups lie to these blocks, one of
            :data:`irf7bone.base.experiment_vocabulary.BLOCK_LAYOUTS`; None where the card correlates nothing.
    """

    contrast: Contrast
    samples: tuple[str, ...]
    matrix: np.ndarray
    groups: np.ndarray
    strata: np.ndarray
    exchangeable: bool
    n_pairs: int | None
    not_used: dict[str, str]
    batch: bool
    model: str
    blocks: np.ndarray | None = None
    layout: str | None = None

    @property
    def is_case(self) -> np.ndarray:
        """True for the samples of the case group."""
        return self.groups == 1

    @property
    def n_case(self) -> int:
        """Samples of the case group."""
        return int(self.is_case.sum())

    @property
    def n_reference(self) -> int:
        """Samples of the reference group."""
        return int((self.groups == 0).sum())

    @property
    def smallest_group(self) -> int:
        """Samples of the smallest group."""
        return int(np.bincount(self.groups).min())

    @property
    def df_residual(self) -> int:
        """Residual degrees of freedom."""
        return self.matrix.shape[0] - self.matrix.shape[1]

    @property
    def df_effect(self) -> int:
        """Degrees of freedom that the interval of a score rests on: of blocks, if the effect lies there."""
        return self.df_residual if self.blocks is None else degrees_of_effect(self.matrix, self.blocks)

    @property
    def n_blocks(self) -> int | None:
        """Animals, clones or cultures; None where samples are independent."""
        return None if self.blocks is None else int(self.blocks.max()) + 1

    @property
    def clusters(self) -> np.ndarray:
        """Number of what carries one label: the sample, or all samples of one block and group."""
        if self.blocks is None:
            return np.arange(len(self.samples))
        return np.unique(np.column_stack([self.blocks, self.groups]), axis=0, return_inverse=True)[1].ravel()

    @property
    def sizes(self) -> dict[str, int | None]:
        """The columns that say how many samples there were."""
        return {"n_case": self.n_case, "n_reference": self.n_reference, "n_pairs": self.n_pairs}


def build_designs(experiment: str, obs: pd.DataFrame, contrasts: Sequence[Contrast]) -> list[ContrastDesign]:
    """The model of every contrast, each over the samples of its own groups.

    Args:
        experiment: Experiment id, for messages.
        obs: Samples: ``group``, ``pair`` (missing where unpaired), ``batch`` and ``unit`` (optional: the
            animal or culture within which samples are correlated); index = sample id.
        contrasts: What to compare.

    Raises:
        InputError: a group that is not there, a group of one, a pair with one member, no pairs at all, batch
            not recorded or equal to group (confounded), no residual degree of freedom, correlated samples of
            which the correlation cannot be estimated; all problems of all contrasts together.
    """
    problems = Problems()
    designs = [_build(f"experiment {experiment}, contrast {c.id}", obs, c, problems) for c in contrasts]
    problems.raise_if_any()
    return [design for design in designs if design is not None]


def _build(where: str, obs: pd.DataFrame, contrast: Contrast, problems: Problems) -> ContrastDesign | None:
    before = len(problems.found)
    group = obs["group"].astype("object")
    _check_groups(where, group, contrast, problems)
    if len(problems.found) > before:
        return None
    used = obs[group.isin(list(contrast.groups))]
    not_used: dict[str, str] = {}
    if contrast.paired:
        pair = _text_column(used, "pair")
        not_used = dict.fromkeys(used.index[pair.isna()].astype(str), "no pair")
        used = used[pair.notna()]
        _check_pairs(where, used, contrast, problems)
    if contrast.batch:
        _check_batch(where, used, problems)
    if len(problems.found) > before:
        return None
    return _model(where, used, contrast, not_used, problems)


def _model(
    where: str, used: pd.DataFrame, contrast: Contrast, not_used: dict[str, str], problems: Problems
) -> ContrastDesign | None:
    groups = used["group"].astype("object").map({name: code for code, name in enumerate(contrast.groups)})
    groups = groups.to_numpy(dtype=int)
    effect = _effect_column(contrast, groups)
    matrix, words, strata = np.ones((len(used), 1)), [], np.zeros(len(used), dtype=int)
    n_pairs, exchangeable = None, True
    if contrast.paired:
        strata, n_pairs = _codes(used["pair"])
        matrix = _grow(matrix, strata)
        words.append("pair")
    batch = False
    if contrast.batch:
        batches, n_batches = _codes(used["batch"])
        batch = n_batches > 1
        within = _grow(np.column_stack([matrix, effect]), batches).shape[1] - matrix.shape[1] - 1
        matrix = _grow(matrix, batches)
        if contrast.paired:
            exchangeable = within == 0
        else:
            strata = batches
        words += ["batch"] if batch else []
    if contrast.than is not None:
        matrix = _grow(_grow(matrix, (groups >= 2).astype(int)), (groups % 2).astype(int))
        words += ["first factor", "second factor", "interaction"]
    else:
        words.append("group" if contrast.at is None else "place of the group")
    full = np.column_stack([matrix, effect])
    if np.linalg.matrix_rank(full) < full.shape[1] and not contrast.batch:
        problems.add(
            f"{where}, pair",
            expected="pairs within which the effect can be told from the others of the model",
            found=f"pairs that decide it ({' + '.join(words)})",
            remedy="set paired: false, or leave the contrast out",
        )
        return None
    if np.linalg.matrix_rank(full) < full.shape[1]:
        problems.add(
            f"{where}, batch",
            expected="both groups in at least one batch, so that group and batch can be told apart",
            found="batch is equal to group, or decides it: confounded",
            remedy="no model can separate the two: set batch: false only if the batches are known to agree, "
            "or leave the contrast out",
            offenders=_crossing(used),
        )
        return None
    if full.shape[0] <= full.shape[1]:
        problems.add(
            where,
            expected="more samples than coefficients in the model",
            found=f"{full.shape[0]} samples for {full.shape[1]} coefficients ({' + '.join(words)})",
            remedy="leave out batch or pairing, or add samples",
        )
        return None
    correlated = blocks_of(where, used, full, groups, problems) if "unit" in used else None
    if "unit" in used and correlated is None:
        return None
    blocks, layout = correlated or (None, None)
    if blocks is not None:
        words[-1] += ", samples of one unit correlated"
        strata = blocks if layout == WITHIN else strata
        exchangeable = exchangeable and layout != BOTH and _constant_within(strata, blocks)
        exchangeable = exchangeable and (not batch or _constant_within(batches, blocks))
    return ContrastDesign(
        contrast=contrast,
        samples=tuple(used.index.astype(str)),
        matrix=full,
        groups=groups,
        strata=strata,
        exchangeable=exchangeable and len(contrast.groups) == 2,
        n_pairs=n_pairs,
        not_used=not_used,
        batch=batch,
        model=f"~ {' + '.join(words)}",
        blocks=blocks,
        layout=layout,
    )


def _constant_within(codes: np.ndarray, blocks: np.ndarray) -> bool:
    return all(len(set(codes[blocks == block])) == 1 for block in np.unique(blocks))


def _effect_column(contrast: Contrast, groups: np.ndarray) -> np.ndarray:
    """The column of the effect, by numbered groups: 1 in the case group, 0 in the reference."""
    if contrast.at is None:
        return (groups == 1).astype(float)
    start, end = contrast.at[contrast.reference], contrast.at[contrast.case]
    places = np.array([(contrast.at[name] - start) / (end - start) for name in contrast.groups])
    return places[groups]


def _check_groups(where: str, group: pd.Series, contrast: Contrast, problems: Problems) -> None:
    counts = group.value_counts()
    for name, key in contrast.groups.items():
        n = int(counts.get(name, 0))
        if n == 0:
            problems.add(
                f"{where}, {key}",
                expected=f"a group of the experiment: {', '.join(sorted(map(str, counts.index)))}",
                found=f"'{name}', which no sample has",
                remedy="write the group as the card's groups name it",
            )
        elif n < MIN_GROUP:
            problems.add(
                f"{where}, {key}",
                expected=f"{MIN_GROUP} samples or more in each group",
                found=f"{n} in '{name}': a group of one has no variance",
                remedy="leave the contrast out, or add samples",
                offenders=group.index[group == name].tolist(),
            )
    if contrast.case == contrast.reference:
        problems.add(
            where,
            expected="two different groups",
            found=f"'{contrast.case}' against itself",
            remedy="name another reference",
        )


def _check_pairs(where: str, used: pd.DataFrame, contrast: Contrast, problems: Problems) -> None:
    if used.empty:
        problems.add(
            f"{where}, paired",
            expected="samples with a pair in both groups",
            found="no sample with a pair",
            remedy="say in the card which samples are pairs, or set paired: false",
        )
        return
    groups = used.groupby(used["pair"].astype("object"))["group"].agg(lambda g: len(set(g)))
    single = groups.index[groups < 2].tolist()
    if single:
        problems.add(
            f"{where}, pair",
            expected=f"in every pair samples of two groups of {', '.join(map(repr, contrast.groups))}",
            found=f"{len(single)} of {len(groups)} pairs with members of one group only",
            remedy="exclude their samples in the card, with the reason, or set paired: false",
            offenders=single,
        )
    if len(groups) - len(single) < MIN_GROUP:
        problems.add(
            f"{where}, paired",
            expected=f"{MIN_GROUP} complete pairs or more",
            found=f"{len(groups) - len(single)}",
            remedy="set paired: false, or leave the contrast out",
        )


def _check_batch(where: str, used: pd.DataFrame, problems: Problems) -> None:
    missing = used.index[_text_column(used, "batch").isna()].tolist()
    if missing:
        problems.add(
            f"{where}, batch",
            expected="a batch for every sample of the contrast",
            found=f"{len(missing)} of {len(used)} without",
            remedy="fill in the batch, or set batch: false",
            offenders=missing,
        )


def _text_column(obs: pd.DataFrame, name: str) -> pd.Series:
    return obs[name].astype("object") if name in obs else pd.Series(None, index=obs.index, dtype="object")


def _codes(values: pd.Series) -> tuple[np.ndarray, int]:
    codes, levels = pd.factorize(values.astype("object"))
    return codes, len(levels)


def _grow(matrix: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """``matrix`` with an indicator of each level but the first, save those that it already spans."""
    for level in range(1, codes.max() + 1):
        grown = np.column_stack([matrix, codes == level])
        if np.linalg.matrix_rank(grown) == grown.shape[1]:
            matrix = grown
    return matrix


def _crossing(used: pd.DataFrame) -> list[str]:
    table = pd.crosstab(used["batch"].astype("object"), used["group"].astype("object"))
    return [
        f"batch {batch}: " + ", ".join(f"{n} {group}" for group, n in row.items() if n)
        for batch, row in table.iterrows()
    ]

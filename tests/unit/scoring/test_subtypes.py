"""Subtypes by nearest centroid: planted ones are found, and where centring would mislead there is no call."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from irf7bone.base.errors import InputError
from irf7bone.genes.centroids import Centroids, read_centroids
from irf7bone.genes.symbols import SymbolTable
from irf7bone.scoring.subtypes import balanced_medians, call_subtypes
from irf7bone.tables.cohort import SUBTYPES

GENES = tuple(f"G{number:02d}" for number in range(50))
NAMES = ("Basal", "Her2", "LumA", "LumB", "Normal")
SHARES = {"Basal": 0.2, "Her2": 0.15, "LumA": 0.35, "LumB": 0.2, "Normal": 0.1}


def planted_centroids() -> Centroids:
    """Five profiles, the two luminal ones alike, over genes half of which ESR1's status tells."""
    random = np.random.default_rng(0)
    values = random.normal(size=(50, 5))
    values[:, 3] = 0.6 * values[:, 2] + 0.8 * values[:, 3]
    values[:25, [2, 3]] += 1.5
    values[:25, [0, 1]] -= 1.5
    return Centroids(GENES, NAMES, values)


def planted(n: int = 200, noise: float = 0.7, seed: int = 1, shares=SHARES):
    """Tumours around their centroid on a platform that gives each gene a level; expression, ER, truth."""
    random = np.random.default_rng(seed)
    truth = random.choice(list(shares), size=n, p=list(shares.values()))
    own = planted_centroids().values[:, [NAMES.index(name) for name in truth]].T
    level = np.random.default_rng(99).uniform(4, 12, 50)
    values = level + own + noise * random.normal(size=(n, 50))
    samples = [f"s{k:03d}" for k in range(n)]
    er = np.where(np.isin(truth, ["LumA", "LumB", "Normal"]), "positive", "negative")
    return pd.DataFrame(values, samples, GENES), pd.Series(er, samples), pd.Series(truth, samples)


def test_planted_subtypes_are_called():
    expression, er, truth = planted()
    table = call_subtypes("made", expression, er, planted_centroids())
    SUBTYPES.check(table, "made")
    assert (table["status"] == "ok").all() and table["cohort"].eq("made").all()
    called = table.set_index("sample")["subtype"]
    assert (called == truth).mean() > 0.97
    assert (table["margin"] >= 0).all() and (table["runner_up"] != table["subtype"]).all()


def test_by_hand_as_genefu_chooses():
    """Genes centred, then the centroid with the largest Spearman correlation, the first of equal ones."""
    expression, _, _ = planted(60)
    centroids = planted_centroids()
    centre = [np.median(expression[gene]) for gene in GENES]
    halves = pd.Series(["positive", "negative"] * 30, expression.index)
    table = call_subtypes("made", expression, halves, centroids).set_index("sample")
    for sample in expression.index[:10]:
        correlations = [
            spearmanr(expression.loc[sample] - centre, centroids.values[:, k]).statistic for k in range(5)
        ]
        assert table["subtype"][sample] == NAMES[int(np.argmax(correlations))]
        assert table["correlation"][sample] == pytest.approx(max(correlations))
        assert table["margin"][sample] == pytest.approx(max(correlations) - sorted(correlations)[-2])


def test_more_of_one_receptor_status_changes_no_call():
    """What plain centring would get wrong: three times the ER-positive tumours."""
    expression, er, _ = planted()
    more = [expression, *(expression[er == "positive"].add_suffix(f"_{k}", axis=0) for k in (1, 2))]
    tripled = pd.concat(more)
    status = pd.concat([er, *(pd.Series("positive", part.index) for part in more[1:])])
    before = call_subtypes("a", expression, er, planted_centroids()).set_index("sample")
    after = call_subtypes("a", tripled, status, planted_centroids()).set_index("sample")
    assert after["subtype"].loc[before.index].equals(before["subtype"])


def test_a_sample_unlike_every_centroid_has_no_call():
    expression, er, truth = planted(noise=0.1)
    others = Centroids(GENES, ("one", "two"), planted_centroids().values[:, [0, 1]])
    table = call_subtypes("made", expression, er, others).set_index("sample")
    luminal = table[truth.isin(["LumA", "LumB"]).reindex(table.index)]
    unlike = luminal[luminal["correlation"] <= 0]
    assert len(unlike) > 10 and unlike["subtype"].isna().all()
    assert set(unlike["status"]) == {"not_available"}
    assert (table.loc[table["correlation"] > 0, "status"] == "ok").all()


def test_levels_of_a_platform_change_no_call():
    expression, er, _ = planted()
    shifted = expression + np.random.default_rng(3).normal(0, 3, 50)
    first, second = (call_subtypes("a", part, er, planted_centroids()) for part in (expression, shifted))
    assert first["subtype"].equals(second["subtype"])


def test_a_balanced_median_is_that_of_as_many_of_both():
    values = np.array([[1.0, 2, 3, 10, 20, 99]])
    er = np.array(["positive", "positive", "positive", "negative", "negative", None], dtype=object)
    twice = np.repeat(values[0, :5], [2, 2, 2, 3, 3])
    assert balanced_medians(values, er)[0] == np.median(twice) == 6.5


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ("few", "not_available", "30 samples, 40 needed"),
        ("no status", "not_available", "no ER status is recorded"),
        ("skewed", "not_available", "of each needed: genes centred on tumours of one kind"),
        ("one kind", "not_available", "and 0 ER-negative tumours, 15 of each needed"),
        ("few genes", "low_coverage", "39 of the centroids' 50 genes are measured, 80% needed"),
    ],
)
def test_where_calls_would_mislead_there_are_none(change, status, said):
    expression, er, _ = planted()
    if change == "few":
        expression, er = expression[:30], er[:30]
    if change == "no status":
        er = None
    if change == "one kind":
        expression, er = expression[er == "positive"], er[er == "positive"]
    if change == "skewed":
        kept = np.r_[np.flatnonzero(er == "positive"), np.flatnonzero(er == "negative")[:14]]
        expression, er = expression.iloc[kept], er.iloc[kept]
    if change == "few genes":
        expression = expression.iloc[:, :39].assign(OTHER=1.0)
    table = call_subtypes("made", expression, er, planted_centroids())
    assert len(table) == len(expression) and table["subtype"].isna().all()
    assert (table["status"] == status).all() and said in table["reason"][0]


@pytest.fixture
def symbols() -> SymbolTable:
    frame = pd.DataFrame({"symbol": [*GENES, "NUF2"], "previous": [""] * 50 + ["CDCA1"]})
    return SymbolTable.from_frame(frame)


def written(tmp_path, head=("gene", *NAMES), genes=GENES, last="0.5"):
    rows = ["\t".join(head), *("\t".join([gene, *["0.25"] * (len(head) - 2), last]) for gene in genes)]
    path = tmp_path / "centroids.tsv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def test_a_file_of_centroids_is_read_with_current_symbols(tmp_path, symbols):
    found = read_centroids(written(tmp_path, genes=[*GENES[:20], "CDCA1", "UNKNOWN"]), symbols)
    assert found.genes == (*GENES[:20], "NUF2") and found.subtypes == NAMES
    assert found.values.shape == (21, 5) and found.values[0].tolist() == [0.25] * 4 + [0.5]


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"head": ("symbol", *NAMES)}, "`gene` and the names of two or more subtypes"),
        ({"head": ("gene", "Basal", "Basal")}, "each once, separated by tabs"),
        ({"last": "high"}, "a gene and 5 finite numbers in every line"),
        ({"last": "nan"}, "50 other lines"),
        ({"genes": [*GENES[:20], "G03"]}, "each once"),
        ({"genes": GENES[:5]}, "5 known genes"),
    ],
)
def test_a_wrong_file_of_centroids_is_refused(tmp_path, symbols, parts, said):
    with pytest.raises(InputError, match=said):
        read_centroids(written(tmp_path, **parts), symbols)


def test_no_file_of_centroids_is_said(tmp_path, symbols):
    with pytest.raises(InputError, match="No such file"):
        read_centroids(tmp_path / "none.tsv", symbols)

"""The public names, their docstrings' examples and those of docs/user/python.md."""

from __future__ import annotations

import doctest
import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import anndata as ad
import numpy as np
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[3]
PAGE = (PROJECT / "docs" / "user" / "python.md").read_text(encoding="utf-8")
LONGEST_EXAMPLE = 10
# What others build on: a change here is a change of their programs, and belongs into the changelog.
SURFACE = {
    "irf7bone.scoring": {
        "METHODS": "plage zscore ssgsea singscore gsva",
        "score_samples": "(expression, gene_sets, method='zscore', *, genes=None)",
    },
    "irf7bone.statistics": {
        "aalen_johansen": "(time, cause, entry=None)",
        "benjamini_hochberg": "(p)",
        "cox_regression": "(scores, time, event, covariates=None, *, strata=None, entry=None)",
        "fine_gray_regression": "(scores, time, cause, covariates=None, *, strata=None)",
        "firth_regression": "(scores, time, event, covariates=None, *, strata=None)",
        "gray_test": "(time, cause, group)",
        "harrell_c": "(time, event, scores)",
        "logrank_test": "(time, event, group, entry=None)",
    },
    "irf7bone.pool": {"pool_studies": "(effect, se, *, prior_scale=0.5)"},
    "irf7bone.random_signatures": {
        "random_gene_sets": "(expression, gene_set, n_draws, *, seed=0, genes=None)"
    },
}
COLUMNS = {
    "cox_regression": "log_hr se ci_low ci_high p status reason",
    "pool_studies": "k estimate se ci_low ci_high p tau2 i2 pi_low pi_high bayes_estimate bayes_low "
    "bayes_high below_0 further_low further_high bayes_tau",
}
NAMES = [(room, name) for room, names in SURFACE.items() for name in names]


def without_types(function):
    signature = inspect.signature(function)
    bare = [part.replace(annotation=inspect.Parameter.empty) for part in signature.parameters.values()]
    return str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))


def test_the_public_names_are_these_and_no_others():
    for room, names in SURFACE.items():
        assert import_module(room).__all__ == sorted(names)
        assert f"`{room}`" in PAGE
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        import_module("irf7bone.pool").nothing  # noqa: B018


@pytest.mark.parametrize(("room", "name"), NAMES)
def test_a_public_name_is_called_as_before(room, name):
    offered = getattr(import_module(room), name)
    found = without_types(offered) if callable(offered) else " ".join(offered)
    assert sorted(found.split()) == sorted(SURFACE[room][name].split())
    assert f"`{name}`" in PAGE


def test_frames_have_the_columns_that_are_documented():
    from irf7bone.pool import pool_studies
    from irf7bone.statistics import cox_regression

    months, event = np.arange(1.0, 9), [1, 0] * 4
    assert list(cox_regression(np.arange(8.0) % 3, months, event)) == COLUMNS["cox_regression"].split()
    assert list(pool_studies([0.1, 0.2], [0.1, 0.1])) == COLUMNS["pool_studies"].split()


@pytest.mark.parametrize(("room", "name"), [pair for pair in NAMES if pair[1] != "METHODS"])
def test_the_examples_of_docstrings_give_what_they_say(room, name):
    function = getattr(import_module(room), name)
    [*examples] = doctest.DocTestFinder(recurse=False).find(function, name, globs={})
    assert [example for test in examples for example in test.examples], f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    for test in examples:
        runner.run(test)
    assert runner.summarize(verbose=False).failed == 0


def test_the_examples_of_the_page_run():
    examples = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) == 5
    assert max(len(code.strip().splitlines()) for code in examples) <= LONGEST_EXAMPLE
    together: dict[str, object] = {}
    for code in examples:
        exec(compile(code, "docs/user/python.md", "exec"), together)


def test_asking_for_a_room_imports_none_of_what_it_offers():
    code = (
        f"import sys; sys.path.insert(0, {str(PROJECT / 'workflow' / 'scripts')!r})\n"
        "import irf7bone.scoring, irf7bone.statistics, irf7bone.pool, irf7bone.random_signatures\n"
        "assert not {'numpy', 'pandas'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_does_not_belong_together_is_refused():
    from irf7bone.pool import pool_studies
    from irf7bone.random_signatures import random_gene_sets
    from irf7bone.scoring import score_samples
    from irf7bone.statistics import cox_regression

    months = pd.Series([1.0, 2, 3, 4], index=list("abcd"))
    score = pd.Series([1.0, 3, 2, 4], index=list("abdc"))
    with pytest.raises(ValueError, match="one index, in one order"):
        cox_regression(score, months, [1, 1, 0, 1])
    with pytest.raises(ValueError, match="finite"):
        cox_regression([1.0, np.nan, 2, 3], months, [1, 1, 0, 1])
    with pytest.raises(ValueError, match="the name of each column"):
        score_samples(np.eye(3), {"a": ["x"]}, genes=["x"])
    with pytest.raises(ValueError, match="must be one of zscore"):
        score_samples(pd.DataFrame(np.eye(3)), {"a": [0]}, "mean")
    with pytest.raises(ValueError, match="must be a list, or hold `up` and `down`, not high"):
        score_samples(pd.DataFrame(np.eye(3), columns=list("xyz")), {"a": {"high": ["x"]}})
    with pytest.raises(ValueError, match="no gene of the set"):
        random_gene_sets(np.eye(3), ["w"], 5, genes=list("xyz"))
    for gene_set, n_draws, said in (("x", 5, "a list of genes"), (["x"], 0, "1 or more, not 0")):
        with pytest.raises(ValueError, match=said):
            random_gene_sets(np.eye(3), gene_set, n_draws, genes=list("xyz"))
    frame = pd.DataFrame([[0.1, 0.2]], columns=["a", "b"])
    with pytest.raises(ValueError, match="the same pools and studies"):
        pool_studies(frame, frame[["b", "a"]])
    with pytest.raises(ValueError, match="the same pools and studies"):
        pool_studies(frame.loc[0], frame.loc[0].iloc[::-1])


def test_gene_sets_that_are_none_and_genes_in_rows_are_refused():
    from irf7bone.scoring import score_samples

    log2 = pd.DataFrame(np.random.default_rng(3).normal(size=(4, 3)), list("abcd"), list("xyz"))
    for sets, said in (
        (["x", "y"], "must be a dict"),
        ({"one": "xyz"}, "'one' must be a list of genes, not a text"),
        ({"one": []}, "'one' has no gene"),
        ({"one": {"up": [], "down": []}}, "'one' has no gene"),
    ):
        with pytest.raises(ValueError, match=said):
            score_samples(log2, sets)
    with pytest.raises(ValueError, match="samples must be in rows"):
        score_samples(log2.T, {"one": ["x", "y"]})
    assert score_samples(log2, {"one": ["not measured"]}).isna().all(axis=None)


@pytest.mark.parametrize("method", ["zscore", "ssgsea", "singscore", "gsva", "plage"])
def test_scores_are_those_of_the_workflow(method):
    from irf7bone.scoring import score_samples
    from irf7bone.scoring.score_table import score_cohort

    random = np.random.default_rng(5)
    log2 = pd.DataFrame(random.normal(8, 2, (40, 300)), columns=[f"G{i}" for i in range(300)])
    log2.index = [f"S{i}" for i in range(40)]

    class Set:
        up, down, kind = ("G1", "G2", "G3"), ("G7", "G8"), "one"

    table, _ = score_cohort(log2, {"set": Set}, [method], 0.5)
    ours = score_samples(log2, {"set": {"up": Set.up, "down": Set.down}}, method)["set"]
    np.testing.assert_allclose(ours.to_numpy(), table["score_raw"].to_numpy(), rtol=1e-12)


def test_an_anndata_and_an_array_are_scored_as_a_frame_is():
    from irf7bone.scoring import score_samples

    values = np.random.default_rng(8).normal(size=(12, 30))
    frame = pd.DataFrame(values, [f"S{i}" for i in range(12)], [f"G{i}" for i in range(30)])
    expected = score_samples(frame, {"set": ["G1", "G2"]})
    pd.testing.assert_frame_equal(score_samples(ad.AnnData(frame), {"set": ["G1", "G2"]}), expected)
    array = score_samples(values, {"set": ["G1", "G2"]}, genes=list(frame))
    np.testing.assert_array_equal(array.to_numpy(), expected.to_numpy())


def test_random_sets_are_matched_and_leave_out_what_does_not_vary():
    from irf7bone.random_signatures import random_gene_sets

    random = np.random.default_rng(6)
    log2 = pd.DataFrame(
        random.normal(size=(50, 600)) + np.arange(600) / 50, columns=[f"G{i}" for i in range(600)]
    )
    log2["G599"] = 4.0
    drawn = random_gene_sets(log2, ["G5", "G599", "G300"], 200, seed=2)
    assert drawn.shape == (200, 2) and "G599" not in drawn
    assert (drawn == random_gene_sets(log2, ["G300", "G5", "G599"], 200, seed=2)).all()
    level = pd.Series(np.arange(600), index=log2.columns)
    low, high = np.sort(np.array([level[row].to_numpy() for row in drawn]), axis=1).T
    assert np.median(low) < 120 and 200 < np.median(high) < 400

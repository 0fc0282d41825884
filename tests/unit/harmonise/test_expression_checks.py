"""Scale of each sample, filled-in values, rows that are no genes: refused, named or left out."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd
import pytest
from madeup.base_case import refusal
from madeup.cases import PROJECT, TRUTH

from irf7bone.acquire.sources import acquire
from irf7bone.base.errors import Problems
from irf7bone.commands.propose.seen import ask_written
from irf7bone.harmonise.expression import harmonise_expression
from irf7bone.harmonise.raw_values import RawValues, count_missing, restoring
from irf7bone.harmonise.time_codes import ask_about_codes
from irf7bone.study.cohort_checks import load_card
from irf7bone.study.questions import MARK

SETTINGS = {"scale": "log2", "gene_id": "symbol", "collapse": "max_mean"}


@pytest.fixture(scope="module")
def log2() -> pd.DataFrame:
    """800 genes x 60 samples as an array has them."""
    rng = np.random.default_rng(1)
    genes = pd.read_csv(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz", sep="\t")["symbol"][:800].tolist()
    level = 4 + 9 * rng.beta(2, 3.2, (len(genes), 1))
    values = np.maximum(level + 0.8 * rng.normal(size=(len(genes), 60)), 2)
    return pd.DataFrame(values.round(4), index=genes, columns=[f"S-{i:02d}" for i in range(60)])


@pytest.fixture
def harmonised(symbols):
    """A function that harmonises a matrix under a scale."""

    def run(values: pd.DataFrame, scale: str = "log2", **settings: object):
        return harmonise_expression(values, {**SETTINGS, "scale": scale, **settings}, symbols, "card")

    return run


def on(values: pd.DataFrame, samples: int, change) -> pd.DataFrame:
    """The matrix with the first samples changed."""
    out = values.copy()
    out.iloc[:, :samples] = change(values.iloc[:, :samples])
    return out


@pytest.mark.parametrize("samples", [3, 6, 18, 30])
@pytest.mark.parametrize(("scale", "named"), [("log2", "look linear"), ("linear", "look like logarithms")])
def test_some_samples_on_another_scale_are_named(log2, harmonised, samples, scale, named):
    mixed = on(log2, samples, np.exp2)
    said = refusal(lambda: harmonised(mixed, scale))
    n = samples if scale == "log2" else 60 - samples
    assert f"{n} of 60 samples" in said and named in said
    assert ("S-00: median" if scale == "log2" else f"S-{samples:02d}: median") in said


def test_one_stray_value_does_not_make_logarithms_linear(log2, harmonised):
    stray = log2.copy()
    stray.iloc[5, 7] = 42
    said = refusal(lambda: harmonised(stray, "linear"))
    assert "all of 60 samples whose values look like logarithms" in said and "state log2" in said
    said = refusal(lambda: harmonised(stray, "log2"))
    assert "1 of 60 samples with values beyond 30 in few genes" in said and "S-07" in said


def test_natural_logarithms_are_told_by_whole_numbers(log2, harmonised):
    said = refusal(lambda: harmonised(np.log(np.exp2(log2).round())))
    assert "e to the power of the values gives whole numbers in 100%" in said
    assert "multiply the values by 1.442695" in said
    assert "cannot be tested" not in harmonised(np.log2(np.exp2(log2).round())).scale
    assert "the base of the logarithm cannot be tested" in harmonised(log2).scale
    assert "the base of the logarithm cannot be tested" in harmonised(log2 * np.log(2)).scale


def natural(values: pd.DataFrame) -> pd.DataFrame:
    return values * np.log(2)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (np.log2, "60 samples whose values end at 6 or below"),
        (lambda values: values * np.log10(2), "60 samples whose values end at 6 or below"),
        (partial(on, samples=9, change=np.log2), "9 of 60 samples whose values end at 6"),
        (partial(on, samples=9, change=natural), "9 of 60 samples look like natural"),
        (partial(on, samples=40, change=natural), "20 of 60 samples look like log2 among natural"),
    ],
)  # fmt: skip
def test_logarithms_taken_twice_or_to_another_base(log2, harmonised, change, named):
    assert named in refusal(lambda: harmonised(change(log2)))


def test_zscores_and_centred_values_are_no_log2(log2, harmonised):
    centred = log2.sub(log2.mean(axis=1), axis=0)
    said = refusal(lambda: harmonised(centred.div(log2.std(axis=1), axis=0).round(2)))
    assert "every gene with a standard deviation of 1.00: z-scores" in said
    said = refusal(lambda: harmonised(centred))
    assert "centred gene by gene" in said and "state log_ratio" in said
    assert harmonised(centred, "log_ratio").values.shape[1] == 60
    said = refusal(lambda: harmonised(log2, path="data_mrna_all_sample_Zscores.txt"))
    assert "whose name says z-scores" in said


def test_ratios_and_counts_with_some_samples_of_another_kind(log2, harmonised):
    ratios = log2.sub(log2.median(axis=1), axis=0)
    mixed = pd.concat([ratios.iloc[:, :55], log2.iloc[:, 55:]], axis=1)
    assert "5 of 60 samples have no value below 0" in refusal(lambda: harmonised(mixed, "log_ratio"))
    counts = np.exp2(log2).round()
    rounded = on(counts, 4, lambda values: np.log2(values + 1).round())
    assert "4 of 60 samples end at 30" in refusal(lambda: harmonised(rounded, "counts"))


def test_missing_written_as_zero_is_asked_about(log2, harmonised):
    filled = log2.mask(np.random.default_rng(2).random(log2.shape) < 0.01 * np.arange(60), 0.0)
    said = refusal(lambda: harmonised(filled))
    assert "of all values are 0, set apart from all others by a gap" in said
    assert "`missing: 0`" in said and "`floor: 0`" in said and "S-59: 6" in said
    floor = harmonised(filled, floor=0).values
    assert (floor == 0).to_numpy().any()
    few = log2.copy()
    few.iloc[:160, ::3] = 0.0
    known = harmonised(few, missing=0)
    assert len(known.values) == 640 and len(known.dropped["missing values"]) == 160


def test_make_card_asks_about_written_values(log2):
    filled = log2.mask(np.random.default_rng(2).random(log2.shape) < 0.2, 0.0)
    question = ask_written(filled)["missing"]
    assert question.startswith(MARK) and "`missing: 0`" in question and "`floor: 0`" in question
    for values in (log2, np.exp2(log2), np.floor(np.exp2(log2)), log2.sub(log2.median(axis=1), axis=0)):
        assert ask_written(values) == {}


def test_what_has_no_gap_is_no_filled_value(log2, harmonised):
    """Floors of arrays, and no reads: real values lie just above them."""
    assert harmonised(log2.clip(lower=5)).values.min().min() == 5
    rng = np.random.default_rng(3)
    reads = pd.DataFrame(rng.poisson(rng.gamma(0.4, 80, log2.shape)), index=log2.index, columns=log2.columns)
    assert ((reads == 0).mean() > 0.05).all()
    for values, scale in ((reads, "counts"), (reads, "linear"), (np.log2(reads + 1), "log2")):
        assert harmonised(values.astype(float), scale).values.shape[1] == 60


def test_a_cap_is_asked_about_unless_the_card_states_it(log2, harmonised):
    ratios = log2.sub(log2.median(axis=1), axis=0).clip(-1.5, 1.5)
    said = refusal(lambda: harmonised(ratios, "log_ratio"))
    assert "1.5, the largest of all: cut there?" in said and "`clipped: [LOW, 1.5]`" in said
    assert harmonised(ratios, "log_ratio", clipped=[-1.5, 1.5]).values.max().max() == 1.5


def test_a_value_in_the_middle_that_is_far_commoner_than_any_other(log2, harmonised):
    ratios = log2.sub(log2.median(axis=1), axis=0) + 0.00003
    filled = ratios.mask(np.random.default_rng(4).random(log2.shape) < 0.1, 0.0)
    assert "times as many as of any other value" in refusal(lambda: harmonised(filled, "log_ratio"))


def test_missing_values_say_what_they_cost_and_who_could_go():
    missing = np.zeros((10, 4), dtype=bool)
    missing[:3, 1] = missing[2:5, 2] = True  # three genes lack S1, three S2, one of them both
    samples = pd.Index(["S0", "S1", "S2", "S3"])

    def said_of(lost: np.ndarray) -> str:
        values = pd.DataFrame(np.where(lost, np.nan, 1.0), columns=samples)
        return restoring(count_missing(RawValues(values, np.ones(10, dtype=bool)), "card"), samples)

    said = said_of(missing)
    assert (
        said
        == "15.0% of the values are missing, which costs 5 of 10 genes; without S1 2 genes would come back"
    )
    assert said_of(np.zeros((10, 4), dtype=bool)) == ""


HTSEQ = ["__no_feature", "__ambiguous", "__too_low_aQual", "__not_aligned", "__alignment_not_unique"]
STAR = ["N_unmapped", "N_multimapping", "N_noFeature", "N_ambiguous"]
SPIKES = [f"ERCC-{i:05d}" for i in range(1, 93)]


def with_rows(counts: pd.DataFrame, rows: list[str], share: float) -> pd.DataFrame:
    """Counts with rows that take a share of the reads, another one in every sample."""
    rng = np.random.default_rng(5)
    share = share * rng.uniform(0.2, 1.8, counts.shape[1])
    own = np.floor(counts.sum().to_numpy() * share / len(rows))
    return pd.concat([counts, pd.DataFrame([own] * len(rows), index=rows, columns=counts.columns)])


@pytest.mark.parametrize("rows", [HTSEQ, STAR, SPIKES])
@pytest.mark.parametrize("share", [0.05, 0.3])
def test_rows_of_counting_programs_are_no_genes(base, rows, share):
    counts = np.floor(np.exp2(base.expression))
    plain = base.run(counts, settings={"scale": "counts"})
    found = base.run(with_rows(counts, rows, share), settings={"scale": "counts"})
    np.testing.assert_array_equal(found.adata.X, plain.adata.X)
    # dividing by library sizes moves the planted -0.539 a little; counting these rows makes it -0.42
    assert base.log_hr(found) == pytest.approx(-0.512, abs=0.003)
    assert "no gene (counting program, spike-in or total)" in found.adata.uns["provenance"]


def test_a_large_row_of_no_known_gene_is_said(log2, harmonised):
    counts = with_rows(np.floor(np.exp2(log2)), ["XLOC_000001"], 0.3)
    [remark] = harmonised(counts, "counts").remarks
    assert "of no known gene (XLOC_000001 2" in remark
    assert harmonised(np.floor(np.exp2(log2)), "counts").remarks == ()


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3, 0.5])
def test_the_base_with_some_samples_linear_is_refused(base, share):
    mixed = on(base.expression, int(200 * share), np.exp2)
    assert "samples look linear" in refusal(lambda: base.run(mixed))
    assert "look like logarithms" in refusal(lambda: base.run(mixed, settings={"scale": "linear"}))


def test_the_base_with_zeros_for_missing_is_refused_either_way(base):
    zeros = base.expression.mask(np.random.default_rng(0).random(base.expression.shape) < 0.2, 0.0)
    assert "`missing: 0`" in refusal(lambda: base.run(zeros))
    said = refusal(lambda: base.run(zeros, settings={"missing": 0}))
    assert "missing values in at most 50% of the genes" in said


def test_the_base_with_scattered_gaps_says_what_they_cost(base):
    gaps = base.expression.mask(np.random.default_rng(0).random(base.expression.shape) < 0.002)
    found = base.run(gaps)
    assert 0.25 < (len(gaps) - found.adata.n_vars) / len(gaps) < 0.4
    assert "would come back" in found.adata.uns["provenance"]
    assert base.log_hr(found) == pytest.approx(TRUTH, abs=0.1)
    one = base.expression.copy()
    one.iloc[::2, 17] = np.nan
    said = base.run(one).adata.uns["provenance"]
    assert f"without {one.columns[17]} {len(one.iloc[::2]):,} genes" in said.replace("1538", "1,538")


@pytest.mark.parametrize(
    ("scale", "change", "log_hr"),
    [
        ("log2", lambda values: values, TRUTH),
        ("linear", np.exp2, TRUTH),
        ("counts", lambda values: np.floor(np.exp2(values)), -0.512),
    ],
)
def test_the_base_comes_out_right_where_the_card_is(base, scale, change, log_hr):
    found = base.run(change(base.expression), settings={"scale": scale})
    assert base.log_hr(found) == pytest.approx(log_hr, abs=0.004)


def test_feature_counts_columns_are_no_samples(base):
    """The table as featureCounts writes it: a line of its own, then five columns before the samples."""
    counts = np.floor(np.exp2(base.expression)).astype(int)
    plain = base.run(counts, settings={"scale": "counts"})
    place = base.folder / "expression.csv"
    table = counts.copy()
    for name, value in (("Length", "9"), ("Strand", "+"), ("End", "9"), ("Start", "1"), ("Chr", "chr1")):
        table.insert(0, name, value)
    text = table.to_csv(index_label="Geneid")
    place.write_text(f'# Program:featureCounts v2.0.1; Command:"featureCounts"\n{text}')
    again = acquire(load_card(base.folder / "base.yaml")).expression
    assert again.columns.tolist() == counts.columns.tolist()
    assert plain.adata.n_obs == 200 and (again == counts).all().all()


@pytest.mark.parametrize(("code", "samples"), [("99", 25), ("999", 1), ("9999", 40)])
def test_codes_among_times_are_asked_about(base, code, samples):
    """99 is within the times of the base and common; 999 is far beyond all."""
    times = base.clinical.copy()
    some = times["months"].iloc[::5].where(np.arange(40) >= samples, code)
    times.iloc[::5, times.columns.get_loc("months")] = some
    said = refusal(lambda: base.run(clinical=times))
    assert f"{code} in {samples} of 200 samples of column 'months'" in said and f"`real: [{code}]`" in said


def test_codes_that_the_card_answers(base):
    times = base.clinical.copy()
    times.iloc[:25, times.columns.get_loc("months")] = "99"
    endpoint = base.card["endpoints"]["bone"]
    real = {"bone": {**endpoint, "time": {**endpoint["time"], "real": [99]}}}
    assert base.run(clinical=times, endpoints=real).adata.obs["bone_time_months"].eq(99).sum() == 25
    base.clinical, base.card["clinical"][0]["missing"] = times, ["99"]
    # whose time is missing is of the clinical half; here 25 consecutive samples, whatever their outcome
    assert base.run().adata.obs["bone_time_months"].isna().sum() == 25


def test_a_date_of_1900_is_named(base):
    times = base.clinical.copy()
    times.iloc[3, times.columns.get_loc("months")] = "1900-01-00"
    assert "a date of 1900 is what a spreadsheet makes of 0" in refusal(lambda: base.run(clinical=times))


def test_times_that_are_common_for_another_reason_are_no_codes():
    """Follow-up cut at 120, whole months of many patients, and 99 as one of them."""
    rng = np.random.default_rng(6)
    months = pd.Series(rng.integers(1, 150, 3000).astype(float), name="months")
    cut = pd.Series(np.minimum(rng.exponential(80, 300), 120.0).round(1), name="months")
    problems = Problems()
    for times in (months, cut):
        ask_about_codes(times, (), "card", problems)
    assert problems.found == []

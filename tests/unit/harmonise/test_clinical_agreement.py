"""A clinical table that is not the expression's is refused; one that is passes, whatever its platform."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from madeup.base_case import refusal
from madeup.cases import TRUTH
from sklearn.metrics import roc_auc_score

from irf7bone.acquire.sources import acquire
from irf7bone.harmonise.clinical_agreement import area, clinical_agreement
from irf7bone.harmonise.cohort import harmonise
from irf7bone.study.cohort_checks import load_card
from irf7bone.tables.cohort import MARKERS

ER = {"er": {"from": "er", "map": {"+": "positive", "-": "negative"}}}


@pytest.fixture
def base(base):
    """The base, which knows ER in its table only, with the gene that knows it as well."""
    positive = base.clinical.loc[base.expression.columns, "er"] == "+"
    base.expression.loc["ESR1"] = 7 + 3 * positive + np.random.default_rng(0).normal(0, 1, 200)
    return base


def apart(clinical: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """The table after somebody sorted these columns and not the others."""
    out = clinical.copy()
    for column in columns:
        out[column] = sorted(out[column])
    return out


def test_the_base_agrees(base):
    harmonised = base.run(fields=ER)
    row = harmonised.markers.set_index(["fact", "gene"]).loc[("er", "ESR1")]
    assert row["status"] == "agrees" and row["agreement"] > 0.9 and row["n"] == 200
    assert base.log_hr(harmonised) == pytest.approx(TRUTH, abs=0.002)
    MARKERS.check(harmonised.markers, "made")


def test_a_column_sorted_alone_is_refused(base):
    said = refusal(lambda: base.run(clinical=apart(base.clinical, "er"), fields=ER))
    assert "fields.er" in said and "ER that agrees with its genes' expression" in said
    assert "sorted apart from its ids, or one column alone" in said
    assert "expression_disagrees: {er: why}" in said


def test_a_table_sorted_apart_from_its_ids_is_refused_and_explained(base):
    """Ids sorted by name, the rest left as it was; the expression still has the old order."""
    mixed = np.random.default_rng(1).permutation(200)
    clinical = base.clinical.iloc[mixed]
    expression = base.expression[clinical.index]
    said = refusal(lambda: base.run(expression, clinical.set_axis(sorted(clinical.index)), fields=ER))
    assert (
        "with the rows of the clinical table in the order of the expression's samples it would be 0.9" in said
    )


@pytest.mark.parametrize(("rows", "words"), [(1, "moved up by 1 row "), (-3, "moved down by 3 rows ")])
def test_a_table_that_slipped_is_refused_and_explained(base, rows, words):
    clinical = base.clinical.copy()
    for column in ("months", "status", "event", "er", "age"):
        clinical[column] = np.roll(clinical[column], rows)
    said = refusal(lambda: base.run(clinical=clinical, fields=ER))
    assert f"with the clinical table {words}it would be 0.9" in said


def test_an_inverted_map_is_refused_and_explained(base):
    """By codes that say nothing: those that do are held against their map before."""
    inverted = {"er": {"from": "er", "map": {"A": "negative", "B": "positive"}}}
    codes = base.clinical.assign(er=base.clinical["er"].map({"+": "A", "-": "B"}))
    said = refusal(lambda: base.run(clinical=codes, fields=inverted))
    assert "with positive and negative exchanged it would be 0.9" in said and "look at `map`" in said


def test_the_card_overrides_with_a_reason_that_is_kept(base):
    harmonised = base.run(
        clinical=apart(base.clinical, "er"), fields=ER, expression_disagrees={"er": "the probe is dead"}
    )
    rows = harmonised.markers[harmonised.markers["status"] == "disagrees"]
    assert rows["reason"].tolist() == ["the card says: the probe is dead"] * len(rows) and len(rows)


def test_er_without_its_gene_is_refused_never(base):
    """GATA3 is there, and follows nothing in the base."""
    found = base.run(base.expression.drop("ESR1"), fields=ER).markers.set_index(["fact", "gene"])
    assert found.loc[("er", "GATA3"), "status"] == "disagrees"
    assert found.loc[("er", "ESR1"), "reason"] == "gene not measured"


def test_a_column_that_the_card_leaves_out_is_looked_at_as_well(base):
    """The base's card has no fields, and its table says ER."""
    assert base.run().markers.set_index(["fact", "gene"]).loc[("er", "ESR1"), "status"] == "agrees"
    said = refusal(lambda: base.run(clinical=apart(base.clinical, "er")))
    assert "clinical column 'er'" in said
    swapped = base.clinical.assign(er=base.clinical["er"].map({"+": "0", "-": "1"}))
    assert (
        base.run(clinical=swapped).markers.set_index(["fact", "gene"]).loc[("er", "ESR1"), "status"]
        == "agrees"
    )


def made(n: int, seed: int, *, noise: float = 0.6) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Sex and grade, and genes that know them; the first sixth of the samples are men."""
    rng = np.random.default_rng(seed)
    samples = [f"S-{i:03d}" for i in range(n)]
    male = np.arange(n) < n // 6
    grade = rng.integers(1, 4, n)
    rows = {"XIST": 8 - 4 * male, "RPS4Y1": 3 + 6 * male, "PGR": np.full(n, 5.0)}
    rows |= {gene: 6 + 0.7 * grade for gene in ("MKI67", "BIRC5", "UBE2C", "TYMS")}
    genes = pd.DataFrame({gene: row + rng.normal(0, noise, n) for gene, row in rows.items()}, index=samples).T
    fields = pd.DataFrame(
        {"sex": np.where(male, "male", "female"), "grade": grade.astype(float)}, index=samples
    )
    return genes, fields


@pytest.fixture
def card(make_card):
    return make_card()


def test_sex_and_grade(card):
    genes, fields = made(600, 1)
    found = clinical_agreement(genes, fields, fields, card).set_index(["fact", "gene"])
    assert (
        found.loc[[("sex", "XIST"), ("sex", "RPS4Y1"), ("grade", "proliferation")], "status"]
        .eq("agrees")
        .all()
    )
    assert found.loc[("pr", "PGR"), "status"] == "not_available"
    mixed = fields.sample(frac=1, random_state=1).set_axis(fields.index)
    mixed["grade"] = 4 - fields["grade"]  # well differentiated for poorly
    said = refusal(lambda: clinical_agreement(genes, mixed, fields, card))
    assert "fields.sex" in said and "fields.grade" in said


def test_a_gene_that_does_not_vary_tells_nothing_and_silences_no_other(card):
    genes, fields = made(600, 1)
    genes.loc[["XIST", "MKI67"]] = 3.0
    found = clinical_agreement(genes, fields, fields, card).set_index(["fact", "gene"])
    assert found.loc[("sex", "XIST"), ["status", "reason"]].tolist() == [
        "not_available",
        "the gene does not vary",
    ]
    assert found.loc[[("sex", "RPS4Y1"), ("grade", "proliferation")], "status"].eq("agrees").all()
    fields["grade"] = 4 - fields["grade"]
    assert "fields.grade" in refusal(lambda: clinical_agreement(genes, fields, fields, card))
    genes.loc[["BIRC5", "UBE2C"]] = 3.0
    found = clinical_agreement(genes, fields, fields, card).set_index(["fact", "gene"])
    said = found.loc[("grade", "proliferation"), "reason"]
    assert said == "fewer than 3 proliferation genes are measured and vary"


def test_half_of_the_rows_mixed_up_does_not_agree(card):
    """Neither at chance nor as it should be: half of the samples permuted, or moved by one."""
    rng = np.random.default_rng(8)
    positive = rng.random(160) < 0.6
    samples = [f"S-{k}" for k in range(160)]
    genes = pd.DataFrame([4.0 * positive + rng.normal(size=160)], index=["ESR1"], columns=samples)
    half = np.r_[np.arange(80), 80 + rng.permutation(80)]
    slipped = np.r_[np.arange(80), 80 + np.roll(np.arange(80), 1)]
    found = {}
    for name, order in (("right", np.arange(160)), ("half", half), ("slipped", slipped)):
        words = pd.DataFrame({"er": np.where(positive[order], "positive", "negative")}, index=samples)
        found[name] = (
            clinical_agreement(genes, words, words, card).set_index(["fact", "gene"]).loc[("er", "ESR1")]
        )
    assert {name: row["status"] for name, row in found.items()} == {
        "right": "agrees",
        "half": "weak",
        "slipped": "weak",
    }
    assert found["half"]["agreement"] > 0.65, "far from chance"


def test_genes_that_vary_only_where_grade_is_unknown_tell_nothing(card):
    genes, fields = made(600, 1)
    fields.loc[fields.index[40:], "grade"] = np.nan
    genes.loc[["MKI67", "BIRC5", "UBE2C", "TYMS"], genes.columns[:40]] = 3.0
    row = clinical_agreement(genes, fields, fields, card).set_index(["fact", "gene"]).loc["grade"].iloc[0]
    assert row["status"] == "not_available" and "measured and vary" in row["reason"]


def test_small_cohorts_and_small_classes_cannot_tell(card):
    genes, fields = made(24, 2)
    mixed = fields.sample(frac=1, random_state=3).set_axis(fields.index)
    found = clinical_agreement(genes, mixed, mixed, card).set_index(["fact", "gene"])
    assert found.loc[("sex", "XIST"), "reason"] == "fewer than 5 of one kind"


def test_area_is_that_of_scikit_learn():
    rng = np.random.default_rng(4)
    values = rng.normal(size=80).round(1)  # with ties
    status = rng.integers(0, 2, 80).astype(float)
    status[:5] = np.nan
    assert area(values, status)[0] == pytest.approx(roc_auc_score(status[5:], values[5:]), abs=1e-12)
    # with no difference the error is that of the Mann-Whitney statistic: (n1 + n2 + 1) / (12 n1 n2)
    even = np.arange(200.0), np.tile([0.0, 1.0, 1.0, 0.0], 50)
    assert area(*even)[1] == pytest.approx(np.sqrt(201 / (12 * 100 * 100)), rel=0.01)


def test_a_right_table_is_refused_never_and_a_mixed_one_nearly_always(card):
    """300 cohorts of 40 to 300 tumours with a weak probe (area 0.85), then the same with rows mixed."""
    refused = {"right": 0, "mixed": 0}
    rng = np.random.default_rng(5)
    for _ in range(300):
        n = int(rng.integers(60, 300))
        positive = rng.random(n) < 0.7
        samples = [f"S-{k}" for k in range(n)]
        genes = pd.DataFrame([1.5 * positive + rng.normal(size=n)], index=["ESR1"], columns=samples)
        for name, order in (("right", np.arange(n)), ("mixed", rng.permutation(n))):
            words = pd.DataFrame({"er": np.where(positive[order], "positive", "negative")}, index=samples)
            try:
                clinical_agreement(genes, words, words, card)
            except ValueError:
                refused[name] += 1
    assert refused["right"] == 0 and refused["mixed"] >= 255


def test_real_cohorts_agree(symbols):
    for name in ("nki144", "gse1992", "gse4335"):
        own = load_card(f"data/cohorts/{name}.yaml")
        found = harmonise(acquire(own), own, symbols).markers.set_index(["fact", "gene"])
        assert found.loc[[("er", "ESR1"), ("grade", "proliferation")], "status"].eq("agrees").all()
        assert (found["status"] != "disagrees").all()

"""The malignant part of a signature: planted genes are chosen, and nobody is scored with another's."""

from __future__ import annotations

import anndata as ad
import numpy as np
import pandas as pd
import pytest
from madeup.cells import symbols

from irf7bone.cells.malignant_part import derive_part, gene_shares
from irf7bone.cells.malignant_part_stage import DerivedParts, write_malignant_parts
from irf7bone.genes.signatures import load_library
from irf7bone.scoring.score_table import score_cohort
from irf7bone.study.malignant_parts import MalignantPart, malignant_parts, not_in_cohort
from irf7bone.tables.pooled_cells import MALIGNANT_GENES, MALIGNANT_PARTS

TUMOUR, WHITE, SHARED = ["IFI6", "IFI27", "IFI44"], ["CD74", "TAP1", "B2M"], ["STAT1", "ISG15"]
GENES = [*TUMOUR, *WHITE, *SHARED, "ACTB"]
SIGNATURE = [*TUMOUR, *WHITE, *SHARED]


def samples(rows, scale="counts") -> ad.AnnData:
    """Rows of patient, group, compartment, cells, status, counts by gene."""
    obs = pd.DataFrame(
        [row[:5] for row in rows], columns=["patient", "group", "compartment", "n_cells", "status"]
    )
    obs.index = obs[["patient", "group", "compartment"]].agg("|".join, axis=1)
    adata = ad.AnnData(np.array([row[5] for row in rows], float), obs=obs, var=pd.DataFrame(index=GENES))
    adata.uns["scale"] = scale
    return adata


def planted(seed=1, patients=5, groups=("primary", "bone"), factor=1.0) -> ad.AnnData:
    """Tumour genes from malignant cells, white ones from T cells, shared ones 60 to 40; depth by patient."""
    rng, rows = np.random.default_rng(seed), []
    for number in range(patients):
        for group in groups:
            depth = factor * rng.uniform(0.5, 20)
            lost = 0.4 if group == "bone" else 1.0  # a site effect, which must not matter
            own = [lost * 300] * 3 + [lost * 5] * 3 + [lost * 60] * 2 + [1000]
            white = [10] * 3 + [500] * 3 + [lost * 40] * 2 + [1000]
            for kind, level in (("malignant", own), ("t_cd8", white)):
                rows.append([f"P{number}", group, kind, 100, "ok", rng.poisson(depth * np.array(level))])
            rows.append([f"P{number}", group, "bulk", 200, "ok", rows[-1][5] + rows[-2][5]])
    return samples(rows)


def part(shares, **changes):
    settings = {"min_share": 0.5, "min_genes": 3} | changes
    return derive_part("S_MALIGNANT", "S", SIGNATURE, shares, **settings)


def same(genes):
    return {gene: [gene] for gene in genes}


def test_genes_of_malignant_cells_are_chosen_and_those_of_white_cells_are_not():
    listed, row = part(
        {"one": gene_shares(planted(1), same(SIGNATURE)), "two": gene_shares(planted(2), same(SIGNATURE))}
    )
    MALIGNANT_GENES.check(listed, "genes")
    MALIGNANT_PARTS.check(MALIGNANT_PARTS.cast(pd.DataFrame([row])), "parts")
    assert set(listed.loc[listed["used"], "gene"]) == {*TUMOUR, *SHARED}
    shares = listed.set_index("gene")["share"]
    assert shares[WHITE].max() < 0.05 and shares[TUMOUR].min() > 0.9
    assert shares["STAT1"] == pytest.approx(0.6, abs=0.02)
    assert (row["status"], row["n_data_sets"], row["n_patients"], row["n_used"]) == ("ok", 2, 10, 5)
    strict, _ = part({"one": gene_shares(planted(1), same(SIGNATURE))}, min_share=0.7)
    assert set(strict.loc[strict["used"], "gene"]) == set(TUMOUR)


def test_the_share_is_worked_by_hand():
    """Malignant 30 of 40 and 10 of 40: 0.75 and 0.25, so 0.5 for the patient; a share needs 10 counts."""
    rows = []
    for patient in ("A", "B", "C"):
        for group, own, other in (("primary", 30, 10), ("bone", 10, 30)):
            rows.append([patient, group, "malignant", 50, "ok", [own, 4, *[0] * 7]])
            rows.append([patient, group, "t_cd8", 50, "ok", [other, 5, *[0] * 7]])
    shares = gene_shares(samples(rows), same(["IFI6", "IFI27"]))
    assert list(shares["IFI6"]) == [0.5, 0.5, 0.5] and shares["IFI27"].isna().all()
    listed, _ = derive_part("X", "S", ["IFI6", "IFI27"], {"d": shares}, min_share=0.5, min_genes=1)
    assert listed.set_index("gene")["status"].to_dict() == {"IFI6": "ok", "IFI27": "too_few_patients"}
    assert listed["reason"].iloc[1] == "10 counts or more in 0 patients, of 3 needed"


def test_names_of_sites_change_nothing():
    bulk = planted(3)
    swapped = bulk.copy()
    swapped.obs["group"] = swapped.obs["group"].map({"primary": "bone", "bone": "primary"})
    one, other = (gene_shares(adata, same(SIGNATURE)) for adata in (bulk, swapped))
    pd.testing.assert_frame_equal(one, other)


def test_means_of_tpm_are_weighed_by_cells():
    rows = [[f"P{i}", "primary", "malignant", 30, "ok", [100] * 9] for i in range(3)]
    rows += [[f"P{i}", "primary", "b", 10, "ok", [100] * 9] for i in range(3)]
    assert (gene_shares(samples(rows, "tpm"), same(["IFI6"]))["IFI6"] == 0.75).all()


def test_sorted_tumour_cells_say_nothing_and_too_few_genes_are_a_finding():
    rows = [[f"P{i}", "primary", "malignant", 30, "ok", [100] * 9] for i in range(4)]
    rows += [[f"P{i}", "primary", "b", 2, "too_few_cells", [100] * 9] for i in range(4)]
    listed, row = part({"sorted": gene_shares(samples(rows), same(SIGNATURE))})
    assert row["status"] == "no_compartment" and (listed["status"] == "no_compartment").all()
    assert not listed["used"].any() and len(listed) == len(SIGNATURE)
    listed, row = part({"one": gene_shares(planted(1), same(SIGNATURE))}, min_genes=6)
    assert row["status"] == "too_few_genes" and row["n_passing"] == 5 and row["n_used"] == 0
    assert listed["passes"].sum() == 5 and not listed["used"].any() and "5 genes" in row["reason"]


def test_a_gene_of_several_mouse_genes_adds_them_up():
    rows = [[f"P{i}", "primary", "malignant", 30, "ok", [10, 20, *[0] * 7]] for i in range(3)]
    rows += [[f"P{i}", "primary", "b", 30, "ok", [30, 0, *[0] * 7]] for i in range(3)]
    assert (gene_shares(samples(rows), {"H": ["IFI6", "IFI27"]})["H"] == 0.5).all()


def test_the_part_is_read_and_scored_as_any_other_and_one_without_genes_says_so(tmp_path):
    shares = {"one": gene_shares(planted(1), same(SIGNATURE))}
    found = [derive_part(name, "S", SIGNATURE, shares, min_share=0.5, min_genes=least) for name, least in
             (("S_MALIGNANT", 3), ("SIMULATED_S_MALIGNANT", 6))]  # fmt: skip
    derived = DerivedParts(
        pd.concat([listed for listed, _ in found]),
        MALIGNANT_PARTS.cast(pd.DataFrame([row for _, row in found])),
    )
    write_malignant_parts(derived, tmp_path)
    library = load_library([tmp_path], symbols())
    assert set(library["S_MALIGNANT"].up) == {*TUMOUR, *SHARED}
    assert {signature.role for signature in library.values()} == {"derived"}
    expression = pd.DataFrame(np.random.default_rng(1).normal(size=(20, 9)), columns=GENES)
    expression.index = [f"s{i}" for i in range(20)]
    scores, coverage = score_cohort(
        expression, library, ["zscore"], 0.5, {"S_MALIGNANT": "derived from simulated cells"}
    )
    status = scores.groupby("signature")["status"].first()
    assert status.to_dict() == {"S_MALIGNANT": "not_available", "SIMULATED_S_MALIGNANT": "low_coverage"}
    reason = coverage.set_index("signature")["reason"]["SIMULATED_S_MALIGNANT"]
    assert "too few genes passed the rule that derives this signature" in reason
    scored, _ = score_cohort(expression, {"S_MALIGNANT": library["S_MALIGNANT"]}, ["zscore"], 0.5)
    assert (scored["status"] == "ok").all()


def test_simulated_cells_serve_simulated_cohorts_alone():
    parts = malignant_parts(["S"], ["simulated", "real", "simulated"])
    assert parts == (
        MalignantPart("S_MALIGNANT", "S", False),
        MalignantPart("SIMULATED_S_MALIGNANT", "S", True),
    )
    real, made = parts
    assert not_in_cohort(made, simulated=False) and not not_in_cohort(made, simulated=True)
    assert not not_in_cohort(real, simulated=False)
    assert malignant_parts(["S"], []) == () == malignant_parts([], ["real"])

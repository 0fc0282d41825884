"""The 67 ER-negative tumours of GSE2034: bone, 12 events. ER by restriction, and too little data."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
from madeup import claim
from madeup import study as made

from irf7bone.base.vocabulary import TOO_LITTLE
from irf7bone.outcome.claim_models import fit_claim_controls, fit_claim_models
from irf7bone.random_signatures.axis import random_axes
from irf7bone.study.settings import Primary
from irf7bone.tables.cohort import COHORTS, SCORES

# ISG15 MX1 IFIT1 IFIT3 OAS1 STAT1 IRF7, and MKI67 AURKA CCNB1 BIRC5 CDC20
GENES = {
    made.PRIMARY: ("9636", "4599", "3434", "3437", "4938", "6772", "3665"),
    made.PROLIFERATION: ("4288", "6790", "891", "332", "991"),
}


def scores_of(expression: pd.DataFrame) -> pd.DataFrame:
    """Mean z of each gene set, standardised; samples x genes."""
    z = (expression - expression.mean()) / expression.std()
    parts = []
    for name, genes in GENES.items():
        mean = z[z.columns.intersection(list(genes))].mean(axis=1)
        part = pd.DataFrame({"sample": mean.index, "score_raw": mean.to_numpy()})
        part["score_z"] = (part["score_raw"] - part["score_raw"].mean()) / part["score_raw"].std()
        about = {
            "signature": name,
            "method": "zscore",
            "status": "ok",
            "n_genes_used": len(genes),
            "coverage": 1,
        }
        parts.append(part.assign(**about))
    return pd.concat(parts, ignore_index=True).reindex(columns=SCORES.names)


def test_67_er_negative_tumours(realdata):
    folder = realdata / "gse2034"
    clinical = pd.read_csv(folder / "gse2034_clinical_with_bone.tsv", sep="\t").set_index("gsm")
    expression = pd.read_csv(folder / "er_negative_67.entrez_log2.csv.gz", index_col=0).T
    expression.columns = expression.columns.astype(str)
    known = clinical.loc[expression.index]
    obs = pd.DataFrame(
        {
            "bone_time_months": known["months_to_relapse_or_followup"].astype(float),
            "bone_event": known["bone_relapse"].astype(float),
            "distant_time_months": known["months_to_relapse_or_followup"].astype(float),
            "distant_event": known["relapse"].astype(float),
            "er": "negative",
        },
        index=expression.index,
    )
    selected = type(made.config().signatures)(tuple(GENES), (), 0.5)
    primary = Primary(signature=made.PRIMARY, method="zscore", endpoint="bone", model="proliferation_er")
    config = made.config(signatures=selected, endpoints=("bone",), primary=primary)
    library = {name: SimpleNamespace(up=genes, down=()) for name, genes in GENES.items()}
    scores = scores_of(expression)
    axes = random_axes("gse2034", expression, [made.PRIMARY], library, method="zscore", n_draws=200, seed=1)
    models = fit_claim_models("gse2034", obs, scores, axes, config=config)
    controls = fit_claim_controls("gse2034", obs, scores, config=config)
    about = {
        "cohort": "gse2034",
        "title": "Wang 2005",
        "role": "validation",
        "endpoint": "bone",
        "dropped": "none",
    }
    counts = {"n": 67, "samples_in_file": 67, "genes": expression.shape[1], "sampled_by_outcome": None}
    cohorts = COHORTS.cast(pd.DataFrame([{**dict.fromkeys(COHORTS.names), **about, **counts}]))
    verdict = claim.judge_tables(models, controls, cohorts, config)[2].verdict.iloc[0]
    own = models[models["signature"] == made.PRIMARY]
    assert (own["er"] == "restricted").all() and (own["n_events"] == 12).all()
    assert (own["status"] == "ok").all()
    assert (verdict["k"], verdict["n"], verdict["n_events"]) == (1, 67, 12)
    assert verdict["verdict"] == TOO_LITTLE
    assert controls.loc[0, "control_endpoint"] == "distant" and controls.loc[0, "n_events"] == 25

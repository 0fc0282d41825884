"""What the report says of genes that are not what they are called, and of sets that share most genes."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd
from tests.conftest import PROJECT

from irf7bone.genes.signatures import load_library
from irf7bone.genes.symbols import SymbolTable
from irf7bone.report.sections.gene_remarks import identity_findings, overlap_findings


def coverage(**rows):
    frame = pd.DataFrame.from_dict(
        rows, orient="index", columns=["signature", "status", "reason", "discordant"]
    )
    return frame.rename_axis("cohort").reset_index()


def test_a_refused_gene_is_named_with_its_evidence_and_a_doubted_one_with_its_cohort():
    table = coverage(
        one=("IRF7", "not_measured", "it goes with GRIN1", "IRF7"),
        two=("SET", "ok", None, "MX1,OAS1"),
        made_up=("IRF7", "not_measured", "planted", "IRF7"),
    )
    refused, doubted = (finding.text for finding in identity_findings(table, {"made_up"}))
    assert refused == "IRF7 has no score in one: it goes with GRIN1, so it is not scored alone."
    assert "IRF7 in one; MX1, OAS1 in two" in doubted and "made_up" not in doubted
    assert identity_findings(coverage(one=("S", "ok", None, None)), set()) == ()


def test_sets_that_share_most_genes_are_said_to_be_one_finding():
    library = load_library(
        [PROJECT / "data" / "signatures"],
        SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz"),
    )
    names = [f"HALLMARK_INTERFERON_{kind}_RESPONSE" for kind in ("ALPHA", "GAMMA")]
    [said] = overlap_findings({name: library[name] for name in names})
    assert "shares 73 of its 97 genes" in said.text and "is scored as" not in said.text
    both = [*names, "HALLMARK_IFNA_NOT_IFNG", "HALLMARK_IFNG_NOT_IFNA"]
    [said] = overlap_findings({name: library[name] for name in both})
    assert "HALLMARK_IFNA_NOT_IFNG and HALLMARK_IFNG_NOT_IFNA" in said.text
    assert said.text.count("shares") == 1, "a part of a set is no second set"
    apart = {
        name: SimpleNamespace(genes=tuple("ABCDEFGHIJKL"[k:]), role="immune") for k, name in enumerate("xy")
    }
    assert overlap_findings(apart) == ()

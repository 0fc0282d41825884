"""The page's file of genes holds what the table says, as it is said."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

import irf7bone.report.html.gene_file as files
from irf7bone.base.phrases import hazard_ratio, p_value
from irf7bone.report.html.gene_file import LARGEST, RATIO, STEP, gene_file, quoted, shown_p, whole_steps
from irf7bone.tables.every_gene import EVERY_GENE

ENDS_WITH = ("at", "change", "left", "lower", "asymmetry", "p", "q")


def table() -> pd.DataFrame:
    """Two cohorts, a pool of two sizes, tied genes and one that failed."""
    random = np.random.default_rng(2)
    parts = []
    for cohort, genes, k in (("a", 40, [1] * 40), ("b", 30, [1] * 30), ("pooled", 30, [3] * 10 + [2] * 20)):
        log_hr, se = random.normal(0, 0.3, genes), random.uniform(0.1, 0.3, genes)
        p = np.array([math.erfc(abs(z) / math.sqrt(2)) for z in log_hr / se])
        frame = pd.DataFrame({"gene": [f"G{i:02d}" for i in range(genes)], "cohort": cohort, "k": k})
        frame = frame.assign(log_hr=log_hr, se=se, ci_low=log_hr - 2 * se, ci_high=log_hr + 2.2 * se, p=p)
        frame.loc[1, "p"] = frame.loc[0, "p"]
        frame["q"] = np.minimum(1, 3 * frame["p"])
        frame["rank"] = frame.groupby("k")["p"].rank(method="min")
        frame["n_ranked"] = frame.groupby("k")["p"].transform("size")
        if cohort == "pooled":  # what is quoted, beside Knapp-Hartung's
            frame = frame.assign(bayes_log_hr=0.9 * log_hr, bayes_low=0.9 * log_hr - 2.7 * se)
            frame = frame.assign(bayes_high=0.9 * log_hr + 2.6 * se)
        parts.append(
            frame.assign(n=100 if cohort != "pooled" else [90 + i for i in range(genes)], n_events=33)
        )
    whole = pd.concat(parts).assign(endpoint="death", model="unadjusted", status="ok", interferon=False)
    failed = {"gene": "G99", "cohort": "a", "endpoint": "death", "model": "unadjusted", "k": 0}
    failed |= {"status": "not_measured", "reason": "another's", "interferon": False}
    return EVERY_GENE.cast(pd.concat([whole, pd.DataFrame([failed])], ignore_index=True))


def unpacked(content: bytes) -> dict:
    """The file as the page's script reads it."""
    size = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + size])
    rest = np.frombuffer(content[4 + size :], dtype=np.uint8)

    def column(n: int) -> np.ndarray:
        nonlocal rest
        low, high, rest = rest[:n].astype(int), rest[n : 2 * n].astype(int), rest[2 * n :]
        return low | (high << 8)

    def signed(values: np.ndarray) -> np.ndarray:
        return np.where(values & 1, -(values + 1) // 2, values // 2)

    for family in header["families"]:
        n, family["usual"] = family["size"], family["lower"]
        for name in ("k", "n", "n_events"):
            known = family["shared"].get(name)
            family[name] = column(n) if known is None else np.full(n, known)
        for name in ENDS_WITH:
            family[name] = column(n)
        family["lower"] = signed(family["lower"]) + family["usual"]
        ratio = np.cumsum(signed(family["change"]))
        size = np.floor(ratio * family["lower"] / RATIO + 0.5).astype(int) + signed(family["left"] >> 1)
        family["middle"] = np.where(family["left"] & 1, -size, size)
        family["asymmetry"] = signed(family["asymmetry"])
        family["p"], family["q"] = family["p"] - 1, family["q"] - 1
    assert not rest.size
    return header


def test_every_number_is_said_as_the_table_says_it():
    genes = table()
    asked = {"old": "G05", "lost": "NONE", "other": "G05", "flj12345": "G05", "hla-a": "G06"}
    header = unpacked(gene_file(genes, asked))
    names = header["genes"].split(" ")
    others = dict(zip(names, header["others"].split(","), strict=True))
    assert {name: said for name, said in others.items() if said} == {"G05": "old other", "G06": "hla-a"}
    ok = quoted(genes[genes["status"] == "ok"]).set_index(["cohort", "gene"])
    seen = 0
    for family in header["families"]:
        starts = np.repeat(np.cumsum([0, *family["blocks"][:-1]]), family["blocks"])
        for i in range(family["size"]):
            row = ok.loc[(family["cohort"], names[family["at"][i]])]
            middle, lower = family["middle"][i], family["lower"][i]
            upper = lower + family["asymmetry"][i]
            for steps, column in (
                (middle, "log_hr"),
                (middle - lower, "ci_low"),
                (middle + upper, "ci_high"),
            ):
                assert hazard_ratio(steps * STEP) == hazard_ratio(row[column])
                assert abs(steps * STEP - row[column]) < 0.006
            first = i
            while first in family["tied"]:
                first -= 1
            assert first - starts[i] + 1 == row["rank"]
            assert [family[name][i] for name in ("k", "n", "n_events")] == list(row[["k", "n", "n_events"]])
            assert [family[name][i] for name in ("p", "q")] == shown_p(
                row[["p", "q"]].to_numpy(float)
            ).tolist()
            seen += 1
    assert seen == len(ok) == 100
    assert header["families"][0]["failed"] == [
        {"status": "not_measured", "reason": "another's", "genes": [names.index("G99")]}
    ]


@pytest.mark.parametrize("p", [1e-9, 0.00099, 0.001, 0.0314, 0.0996, 0.1, 0.104, 0.985, 0.993, 1.0])
def test_p_is_coded_as_it_is_said(p):
    code = int(shown_p(np.array([p]))[0])
    if code < 0:
        said = "< 0.001"
    elif code <= 100:
        said = f"{code / 1000:.3f}"
    else:
        said = "> 0.99" if code == 201 else f"{(code - 100) / 100:.2f}"
    assert said == p_value(p)


def test_a_page_without_room_has_the_pool_and_the_largest_cohorts(monkeypatch):
    genes = table()
    genes.loc[genes["cohort"] == "b", "n_events"] = 50
    assert unpacked(gene_file(genes, {}))["left_out"] == []
    monkeypatch.setattr(files, "MOST_RESULTS", 65)
    header = unpacked(gene_file(genes, {}))
    assert [family["cohort"] for family in header["families"]] == ["b", "pooled"]
    assert header["left_out"] == ["a"]


def test_extremes_stay_within_two_bytes():
    steps = whole_steps(np.array([-50.0, 50.0, 0.0, 2.3, -6.9]))
    assert steps.tolist()[:3] == [-LARGEST, LARGEST, 0]
    assert 8 * LARGEST < 2**16
    assert hazard_ratio(LARGEST * STEP) == "> 1000"


def test_most_intervals_are_said_by_their_lower_half_alone():
    random = np.random.default_rng(5)
    log_hr, se = random.normal(0, 0.2, 2000), random.normal(0.2, 0.02, 2000)
    frame = pd.DataFrame({"log_hr": log_hr, "ci_low": log_hr - 1.96 * se, "ci_high": log_hr + 1.96 * se})
    frame = frame.assign(bayes_log_hr=np.nan, bayes_low=np.nan, bayes_high=np.nan)
    _, left, lower, asymmetry = files._intervals(frame.sort_values("log_hr"))
    assert ((left >> 1) == 0).mean() > 0.95 and (asymmetry == 0).mean() > 0.95
    assert np.abs(lower - np.rint(1000 * 1.96 * se[np.argsort(log_hr)])).max() <= 2 + 5


def test_same_table_same_bytes_whatever_the_order_of_its_rows():
    genes = table()
    content = gene_file(genes, {})
    assert content == gene_file(genes, {})
    whole = unpacked(gene_file(genes.sample(frac=1, random_state=3), {}))
    assert sorted(family["size"] for family in whole["families"]) == [30, 30, 40]

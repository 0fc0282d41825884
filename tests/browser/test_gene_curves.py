"""The page's script estimates a gene's curves from its patients' tertiles as the workflow estimates them."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from madeup.settings import settings

from irf7bone.outcome.curves import curves
from irf7bone.outcome.every_gene import gene_plan
from irf7bone.outcome.fit_plan import FitPlan
from irf7bone.outcome.gene_tertiles import gene_tertiles
from irf7bone.report.html import gene_curve_file as files
from irf7bone.report.html.gene_curve_file import gene_curve_file
from irf7bone.report.sections.explore_section import step_curves

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).parents[2] / "workflow" / "report" / "scripts" / "7_genes.js"
GENES = ("G0", "G1")
COUNTS = ("risk", "n", "events")
ROUNDED = {"t": 1e-4, "e": 1e-3, "l": 1e-2, "h": 1e-2}  # as step_curves rounds


def study(*, entered: bool) -> FitPlan:
    """Two genes of ninety patients, with tied times; a competing event ends some follow-up of bone."""
    random = np.random.default_rng(11)
    samples = [f"S{i}" for i in range(90)]
    columns = {}
    for endpoint in ("bone", "death"):
        columns[f"{endpoint}_time_months"] = random.integers(6, 90, 90).astype(float)
        columns[f"{endpoint}_event"] = random.integers(0, 2, 90).astype(float)
        if entered:
            columns[f"{endpoint}_entry_months"] = random.integers(0, 6, 90).astype(float)
    columns["bone_competing"] = np.where(columns["bone_event"] == 1, 0.0, random.integers(0, 2, 90))
    obs = pd.DataFrame(columns, index=samples)
    expression = pd.DataFrame(random.normal(size=(90, 2)), index=samples, columns=list(GENES))
    scores = pd.DataFrame({"sample": samples, "signature": "PROLIF", "method": "zscore", "score_z": 0.5})
    scores = scores.assign(status="ok", reason=None)
    plan = FitPlan("a", obs, scores, config=settings(endpoints=("bone", "death")))
    return gene_plan(plan, expression, {})


def drawn(browser, content: bytes, asked: list[str]) -> list[dict]:
    """What the script makes of the file, for each ``cohort/gene/endpoint``."""
    page = browser.new_page()
    try:
        return page.evaluate(
            f"""([content, asked]) => {{
              {SCRIPT.read_text(encoding="utf-8")}
              const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
              const file = new GeneCurves(bytes);
              return asked.map((key) => file.of(...key.split("/")) ?? null);
            }}""",
            [base64.b64encode(content).decode("ascii"), asked],
        )
    finally:
        page.close()


@pytest.mark.parametrize("entered", [False, True])
def test_ties_competing_events_and_late_entry(browser, entered):
    plan = study(entered=entered)
    expected = step_curves(curves(plan))
    content = gene_curve_file(*gene_tertiles(plan, GENES, {}))
    assert len(expected) == 4
    assert {curve["kind"] for curve in expected.values()} == {"cumulative_incidence", "event_free"}
    for one, known in zip(drawn(browser, content, list(expected)), expected.values(), strict=True):
        assert (one["kind"], one["ticks"]) == (known["kind"], known["ticks"])
        assert list(one["groups"]) == list(known["groups"]) == ["low", "middle", "high"]
        for name, group in known["groups"].items():
            own = one["groups"][name]
            assert [own[key] for key in COUNTS] == [group[key] for key in COUNTS]
            for key, digits in ROUNDED.items():
                assert [value is None for value in own[key]] == [value is None for value in group[key]]
                pairs = [pair for pair in zip(own[key], group[key], strict=True) if pair[0] is not None]
                assert len(pairs) > 5 and all(a == pytest.approx(b, rel=digits) for a, b in pairs)


def test_genes_beyond_the_room_have_no_curves_and_are_counted(browser, monkeypatch):
    tertiles, patients = gene_tertiles(study(entered=False), [*GENES, "NONE"], {})
    monkeypatch.setattr(files, "MOST_BYTES", 2 * 90 / 5)  # two endpoints of one gene
    content = gene_curve_file(tertiles, patients)
    first, second, never = drawn(browser, content, ["a/G0/death", "a/G1/death", "a/NONE/death"])
    assert first["groups"]["low"]["n"] == 30 and second is None and never is None
    assert files.genes_kept(tertiles) == (["G0"], 1)

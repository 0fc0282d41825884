"""The made-up study as inputs of a report, and what a browser would see of its page."""

from __future__ import annotations

import base64
import gzip
import json
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
from madeup import claim
from madeup import genes as madeup_genes
from madeup import results as madeup_results
from madeup import study as made

from irf7bone.figures import cohort_figures, key_signatures, pooled_figures
from irf7bone.figures.forest_tables import forest_table, overview_table
from irf7bone.figures.plot_cohort import plot_cohort_figures, plot_forests
from irf7bone.figures.style import save_drawings
from irf7bone.report.inputs import ReportInputs
from irf7bone.report.sentences.glossary import read_glossary
from irf7bone.report.sentences.references import read_works

PROJECT = Path(__file__).resolve().parents[2]
SVG = """<?xml version="1.0"?>
<!DOCTYPE svg>
<svg viewBox="0 0 510.2 229.6"><metadata>not drawn</metadata>
 <use xlink:href="#glyph" style="fill: #0072b2"/></svg>
"""
MODELS = ("unadjusted", "proliferation")


def make_inputs(folder: Path, config, cards, cohorts: dict[str, made.Cohort]) -> ReportInputs:
    """Everything the report needs, with stand-ins for the pictures."""

    def joined(kind: str) -> pd.DataFrame:
        return pd.concat([getattr(cohort, kind) for cohort in cohorts.values()], ignore_index=True)

    def write(name: str, table: pd.DataFrame | None) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.svg").write_text(SVG, encoding="utf-8")
        table = pd.DataFrame({"value": [1.5]}) if table is None else table
        table.to_csv(folder / f"{name}.tsv", sep="\t", index=False, na_rep="NA")

    associations = joined("associations")
    pooled = made.pooled(associations)
    primary = config.primary
    for name in cohorts:
        for figure in cohort_figures([*made.HAS[name]]):
            write(f"{name}/{figure}", None)
    for figure in pooled_figures(config.endpoints):
        write(f"pooled/{figure}", None)
    for name, cohort in cohorts.items():
        ok = (cohort.scores["method"] == primary.method) & (cohort.scores["status"] == "ok")
        write(f"{name}/scores", cohort.scores.loc[ok, ["sample", "signature", "method", "score_raw"]])
        for endpoint in made.HAS[name]:
            write(f"{name}/curves_{endpoint}", cohort.curves[cohort.curves["endpoint"] == endpoint])
    shown = key_signatures(primary.signature, config.proliferation_signature, config.signatures.select)
    for endpoint in config.endpoints:
        shared = {"endpoint": endpoint, "method": primary.method, "models": MODELS}
        write(
            f"pooled/forest_{endpoint}",
            forest_table(associations, pooled, made.ROLES, signatures=shown, **shared),
        )
        write(
            f"pooled/overview_{endpoint}",
            overview_table(associations, pooled, made.ROLES, signatures=made.SIGNATURES, **shared),
        )
    kept = made.cohorts()
    kept = kept[kept["cohort"].isin(list(cohorts))]
    deeper = madeup_results.results(associations, pooled, config)
    _, _, judged = claim.judge_tables(
        deeper.claim_models,
        deeper.claim_controls,
        kept,
        config,
        duplicates=deeper.duplicates,
        sites=deeper.sites,
    )
    return ReportInputs(
        config=config,
        cards={name: card for name, card in cards.items() if name in cohorts},
        library=made.library(),
        associations=associations,
        pooled=pooled,
        cohorts=kept,
        verdict=judged.verdict,
        flow=joined("flow"),
        coverage=joined("coverage"),
        quality=joined("quality"),
        curves=joined("curves"),
        results=deeper,
        figures=folder,
        provenance=made.provenance(),
        templates=PROJECT / "workflow" / "report",
        works=read_works(PROJECT / "data" / "references.bib"),
        genes=madeup_genes.genes(list(cohorts)),
        gene_tertiles=madeup_genes.tertiles(list(cohorts)),
        other_names={"irf7a": "IRF7", "cig5": "RSAD2"},
        glossary=read_glossary(PROJECT / "docs" / "user" / "glossary.md"),
    )


class Page(HTMLParser):
    """What a browser would see of the page."""

    def __init__(self, html: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.cells: dict[str, list[list[str]]] = {}
        self.files: dict[str, str] = {}
        self._table = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found))
        if found.get("class") == "table":
            self._table = found["id"]
            self.cells[self._table] = []
        if tag == "tr" and self._table:
            self.cells[self._table].append([])
        if tag == "td" and self._table:
            self.cells[self._table][-1].append("")
        if tag == "section":
            self._table = ""

    def handle_data(self, data):
        tag, found = self.tags[-1] if self.tags else ("", {})
        if tag == "script" and found.get("id", "").startswith("file-"):
            self.files.setdefault(found["id"].removeprefix("file-"), data)
            return
        if tag in ("script", "style"):
            return
        self.text.append(data)
        rows = self.cells.get(self._table)
        if rows and rows[-1] and self.tags[-1][0] == "td":
            rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [found for name, found in self.tags if name == tag]

    def unpack(self, name: str) -> str:
        return gzip.decompress(base64.b64decode(self.files[name])).decode("utf-8")

    def rows(self, table: str) -> list[list[str]]:
        """All rows of a table: those in a file of the page, where it does not show them all."""
        if f"table-{table}.json" in self.files:
            columns = json.loads(self.unpack(f"table-{table}.json"))["columns"]
            return [list(row) for row in zip(*(column["text"] for column in columns), strict=True)]
        return self.shown(table)

    def shown(self, table: str) -> list[list[str]]:
        return [[cell.strip() for cell in row] for row in self.cells[f"table-{table}"] if row]


def plot_figures(folder: Path, config, cohorts: dict[str, made.Cohort], inputs: ReportInputs) -> None:
    """Real figures in place of the stand-ins."""
    for name, cohort in cohorts.items():
        drawings = plot_cohort_figures(
            cohort.obs,
            cohort.quality,
            cohort.scores,
            cohort.associations,
            cohort.curves,
            inputs.results.of(name),
            endpoints=made.HAS[name],
            simulated=made.ROLES[name] == "simulated",
            platform="" if name == "gamma" else "GPL96",
            config=config,
        )
        save_drawings(drawings, folder / name)
    save_drawings(
        plot_forests(inputs.associations, inputs.pooled, made.ROLES, config, inputs.results, inputs.genes),
        folder / "pooled",
    )

"""Write the worked example of docs/user/add_an_experiment.md.

usage: python tools/build_experiment_example.py example

Two simulated experiments as tables, their cards and a study of them alone: Irf7 given back to tumours (two
batches), and interferon given to cells (pairs). What is planted stands in `PLANTED`; there are no animals.
"""

from __future__ import annotations

import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

from irf7bone.acquire.simulate import background_genes  # noqa: E402
from irf7bone.genes.signatures import load_library  # noqa: E402
from irf7bone.genes.symbols import SymbolTable  # noqa: E402

SIGNATURE = "HALLMARK_INTERFERON_ALPHA_RESPONSE"
PLANTED = {"restoration": 1.0, "interferon": 2.0}  # log2, in the genes of the signature
N_GENES, N_SILENT, SEED = 3000, 500, 5
CARD = """\
id: {id}
title: "EXAMPLE, simulated, no animals: {title}"
citation: {{text: made by tools/build_experiment_example.py of this project}}
documentation: tools/build_experiment_example.py
organism: human
role: real

expression:
  source: table
  path: {id}_counts.csv.gz
  genes_in: rows
  gene_id: symbol
  scale: counts
  collapse: max_mean

samples:
  - {{source: table, path: {id}_samples.csv, key: sample}}

groups:
  from: group
  map: {{{case}: {case}, {reference}: {reference}}}
{design}
contrasts:
  - id: {id}
    case: {case}
    reference: {reference}
    paired: {paired}
    batch: {batch}
    meaning: {meaning}

expect: {{samples: 12, groups: {{{case}: 6, {reference}: 6}}}}
"""
STUDY = """\
title: Worked example of experiments alone
cohorts: []
cells: []
experiments: [restoration.yaml, interferon.yaml]
"""


def build(folder: Path) -> None:
    """Write tables, cards and study into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    symbols = SymbolTable.load(PROJECT / "data" / "genes" / "hgnc_symbols.tsv.gz")
    programme = load_library([PROJECT / "data" / "signatures"], symbols)[SIGNATURE].up
    others = [gene for gene in background_genes(symbols) if gene not in set(programme)]
    genes = [*programme, *others[: N_GENES - len(programme)]]
    random = np.random.default_rng(SEED)
    _experiment(
        folder, genes, len(programme), random,
        id="restoration", title="Irf7 given back to tumours", case="irf7", reference="vector",
        meaning="restoration", shared="batch",
    )  # fmt: skip
    _experiment(
        folder, genes, len(programme), random,
        id="interferon", title="interferon given to cells", case="interferon", reference="untreated",
        meaning="interferon_response", shared="culture",
    )  # fmt: skip
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")


def _experiment(
    folder: Path, genes: list[str], n_programme: int, random: np.random.Generator, *, shared: str, **card: str
) -> None:
    paired = shared == "culture"
    is_case = np.tile([True, False], 6)
    stratum = np.repeat(np.arange(6), 2) if paired else np.repeat([0, 1], 6)
    level = random.normal(7.5, 1.6, len(genes))
    level[-N_SILENT:] = random.uniform(-4, 0, N_SILENT)  # genes that are not expressed
    log2 = level + random.normal(0, 0.4, (stratum.max() + 1, len(genes)))[stratum]
    log2 = log2 + random.normal(0, 0.25, (12, len(genes)))
    log2[:, :n_programme] += random.normal(0, 0.25, (12, 1)) + PLANTED[card["id"]] * is_case[:, None]
    counts = random.poisson(2**log2 * random.uniform(0.7, 1.4, (12, 1)))
    names = [f"S{number:02d}" for number in range(1, 13)]
    table = pd.DataFrame(counts.T, index=pd.Index(genes, name="gene"), columns=names)
    packed = {"method": "gzip", "mtime": 0}
    table.to_csv(folder / f"{card['id']}_counts.csv.gz", compression=packed, lineterminator="\n")
    samples = pd.DataFrame({"sample": names, "group": np.where(is_case, card["case"], card["reference"])})
    samples[shared] = [f"{shared}{number + 1}" for number in stratum]
    samples.to_csv(folder / f"{card['id']}_samples.csv", index=False, lineterminator="\n")
    design = f"{'pairs' if paired else 'batch'}: {{from: {shared}}}\n"
    words = {"paired": str(paired).lower(), "batch": str(not paired).lower(), "design": design}
    (folder / f"{card['id']}.yaml").write_text(CARD.format(**card, **words), encoding="utf-8")


if __name__ == "__main__":
    build(Path(sys.argv[1] if len(sys.argv) > 1 else "example"))

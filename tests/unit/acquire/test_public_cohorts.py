"""Every card of a public cohort goes from fetch to cohort on a stand-in for its source."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from madeup.studies import write_mirror, write_your_files
from tests.conftest import PROJECT

from irf7bone.acquire.sources import acquire, remote_files
from irf7bone.base.errors import InputError
from irf7bone.download.fetch import Downloads, fetch_all
from irf7bone.download.lock import lock_path, read_lock
from irf7bone.harmonise.cohort import harmonise
from irf7bone.study.cohort_checks import load_card

STUDY = yaml.safe_load((PROJECT / "studies" / "bone_metastasis.yaml").read_text(encoding="utf-8"))
YOURS = ("gse12276", "nki337")
# cohort -> samples that stay, and its events
FOUND = {
    "gse2034": (286, {"bone": 69, "brain": 10, "distant": 107}),
    "gse2603": (40, {"bone": 9, "distant": 15}),
    "gse5327": (58, {"distant": 11}),
    "metabric": (45, {"relapse": 18, "death": 23}),
    "tcga_brca": (40, {"relapse": 12, "death": 10}),
    "gse12276": (30, {"bone": 12, "brain": 6}),
    "nki337": (25, {"distant": 10, "death": 5}),
}
# cohort -> reason -> samples lost for it
LOST = {
    "gse2603": {"cell line, or tumour without known follow-up": 14},
    "metabric": {"no expression": 5},
    "tcga_brca": {"not a primary tumour": 2},
}


@pytest.fixture(scope="module")
def genes() -> pd.DataFrame:
    """Eighty genes with symbol and Entrez id, IRF7 among them."""
    table = pd.read_csv(
        PROJECT / "data/genes/hgnc_symbols.tsv.gz", sep="\t", dtype=str, keep_default_na=False
    )
    table = table[table["entrez"] != ""]
    chosen = pd.concat([table[table["symbol"] == "IRF7"], table.iloc[1000:40000:500]])
    return chosen[["symbol", "entrez"]].drop_duplicates("symbol").reset_index(drop=True)


@pytest.fixture(scope="module")
def mirror(tmp_path_factory, genes) -> Path:
    """The stand-in for GEO and cBioPortal."""
    folder = tmp_path_factory.mktemp("mirror")
    write_mirror(folder, genes)
    return folder


@pytest.fixture
def cards(tmp_path, genes) -> Path:
    """A folder with copies of the public cards, and with the files that two of them ask for."""
    for name in FOUND:
        shutil.copy(PROJECT / "data" / "cohorts" / f"{name}.yaml", tmp_path)
    write_your_files(tmp_path, genes)
    return tmp_path


def test_the_study_lists_every_public_cohort_that_can_be_fetched():
    assert set(STUDY["cohorts"]) == set(FOUND) - set(YOURS)


@pytest.mark.parametrize("name", FOUND)
def test_a_card_goes_from_fetch_to_cohort(name, cards, mirror, tmp_path, symbols, genes):
    card = load_card(cards / f"{name}.yaml")
    folder, lock = tmp_path / "downloads" / name, lock_path(card.path)
    files = remote_files(card)
    assert bool(files) == (name != "nki337")
    if files:
        fetched = fetch_all(files, folder, lock=lock, mirror=str(mirror))
        assert {name: entry.sha256 for name, entry in read_lock(lock).items()} == {
            item.path.name: item.sha256 for item in fetched
        }
    harmonised = harmonise(acquire(card, Downloads(folder, lock)), card, symbols)
    n, events = FOUND[name]
    obs = harmonised.adata.obs
    assert len(obs) == n
    assert {endpoint: int(obs[f"{endpoint}_event"].sum()) for endpoint in card.endpoints} == events
    flow = harmonised.flow[harmonised.flow["n_dropped"] > 0].set_index("reason")["n_dropped"]
    assert flow.to_dict() == LOST.get(name, {})
    assert harmonised.adata.n_vars > 0.9 * len(genes) and "IRF7" in harmonised.adata.var_names


def test_a_cohort_of_other_counts_than_published_is_refused(cards, mirror, tmp_path, symbols):
    text = (cards / "gse2034.yaml").read_text().replace("bone: 69", "bone: 68")
    (cards / "gse2034.yaml").write_text(text)
    card = load_card(cards / "gse2034.yaml")
    fetch_all(remote_files(card), tmp_path / "d", lock=lock_path(card.path), mirror=str(mirror))
    with pytest.raises(InputError, match=r"(?s)expect\.events\.bone.*68.*69"):
        harmonise(acquire(card, Downloads(tmp_path / "d", lock_path(card.path))), card, symbols)


def test_a_column_of_another_name_stops_the_run_with_the_names_there_are(cards, mirror, tmp_path, symbols):
    text = (cards / "gse5327.yaml").read_text().replace("metastasis free survival (yr)", "mfs (yr)")
    (cards / "gse5327.yaml").write_text(text)
    card = load_card(cards / "gse5327.yaml")
    fetch_all(remote_files(card), tmp_path / "d", lock=lock_path(card.path), mirror=str(mirror))
    with pytest.raises(InputError, match=r"(?s)endpoints\.distant\.time.*metastasis free survival \(yr\)"):
        harmonise(acquire(card, Downloads(tmp_path / "d", lock_path(card.path))), card, symbols)


@pytest.mark.parametrize(("name", "column"), [("metabric", "sample"), ("tcga_brca", "sample")])
def test_bone_is_switched_on_by_the_comments_and_a_table_of_sites(
    name, column, cards, mirror, tmp_path, symbols
):
    lines = (cards / f"{name}.yaml").read_text().splitlines()
    switched = [line.replace("# ", "", 1) if line.startswith("  # ") else line for line in lines]
    (cards / f"{name}.yaml").write_text("\n".join(switched))
    n, start = (45, "MB-{:04d}") if name == "metabric" else (40, "TCGA-A1-A{:03d}-01")
    sites = pd.DataFrame({column: [start.format(number) for number in range(n)]})
    sites["days_to_distant_relapse_or_followup"] = range(300, 300 + n)
    sites["distant"] = [int(number < 15) for number in range(n)]
    sites["bone"] = [int(number < 6) for number in range(n)]
    sites.to_csv(cards / f"{name}.sites.tsv", sep="\t", index=False)
    card = load_card(cards / f"{name}.yaml")
    fetch_all(remote_files(card), tmp_path / "d", lock=lock_path(card.path), mirror=str(mirror))
    acquired = acquire(card, Downloads(tmp_path / "d", lock_path(card.path)))
    obs = harmonise(acquired, card, symbols).adata.obs
    assert obs["bone_event"].sum() == 6 and obs["bone_competing"].sum() == 9

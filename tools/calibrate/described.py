"""Measurements that docs/statistics/calibration.md shows and the report does not read."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from calibrate import agreement, identity, permuted, power_curve, probes, sampling

FOLDER = "described"
HALVES = 200
FEW_GENES = 20
# a share of fewer accepted halves says little of the worst
FEWEST_ACCEPTED = 20
GIVEN = {"unadjusted": "nothing", "proliferation": "proliferation"}
# primary signature and adjustment of the default study
NAMED_PARTS = ("HALLMARK_INTERFERON_ALPHA_RESPONSE", "HALLMARK_E2F_TARGETS")


def _halves(many: int, seed: int) -> pd.DataFrame:
    return agreement.halves(agreement.read_cohorts(), agreement.read_signatures(), HALVES, seed)


def _parts(many: int, seed: int) -> pd.DataFrame:
    return agreement.parts(agreement.read_cohorts(), agreement.read_signatures())


def _reliability(many: int, seed: int) -> pd.DataFrame:
    return agreement.reliability(agreement.read_cohorts(), agreement.read_signatures())


def _permuted(many: int, seed: int) -> pd.DataFrame:
    cohorts = agreement.read_cohorts(permuted.POOLED)
    return permuted.permuted(cohorts, agreement.read_signatures(), many, seed)


# name -> from the number of simulated cohorts and the seed to a table
DESCRIBED: dict[str, Callable[[int, int], pd.DataFrame]] = {
    "sampling": sampling.simulate,
    "parts": _parts,
    "halves": _halves,
    "reliability": _reliability,
    "identity_simulated": identity.simulated,
    "identity_swapped": identity.swapped,
    "identity_refused": identity.refused,
    "probes_simulated": probes.simulated,
    "probes_planted": probes.planted,
    "probes_real": probes.real,
    "permuted": _permuted,
    "power_curve": power_curve.simulate,
}

SAMPLING = """
Population: proportional hazards, log hazard ratio of proliferation log 1.5, a score that goes with it (r
0.4), follow-up of 2 to 15 years. *This endpoint*: 34 patients with the event by five years and 44 free of
it then, whatever happens to them later; *none later*: 44 who stay free for as long as they are followed,
as in van 't Veer 2002. *Another event*: 150 patients who relapsed, at the endpoint's site or elsewhere;
everybody has one of the two. Models are given proliferation. `truth` is the population's hazard ratio, or
odds ratio at five years for the logistic model.

Patients chosen by the endpoint leave the test valid. The size is right where controls are those free at
the horizon and the logistic model is read at it, or fractions are known and the Cox model is weighted
(here in samples of 78, whose ratios lie a little too far out); where controls had to stay free it is
exaggerated whatever the model. Patients chosen by another event show an effect where there is none, and
hide or halve one that is there: such a cohort is never pooled.
"""
PARTS_WORDS = """
Correlation, over the samples of each cohort that measures at least 60 % of a signature, of the score of
the genes that another cohort has measured with the score of all. The smallest decides (`min_agreement`,
0.95). Parts that hold every gene of the whole are left out. No outcome is looked at.
"""
HALVES_WORDS = """
Each signature was cut to {halves} random halves in each cohort that measures at least 60 % of it. A half
is judged by the other such cohorts, as in the workflow, and then compared with the whole in the cohort
itself: *off* is a log hazard ratio that moved by more than half the standard error of the whole's. Over all
accepted halves, by rule; the error is the jackknife's over signatures and cohorts, as the halves of one go
together. Scores of proliferation given proliferation are left out: they are what two measurements of one
thing disagree in.
"""
DECIDED = """
The rule in force, a correlation of 0.95, lets halves through of which {said} are off. At most 5 % were
wanted: that is not met, though the difference is within its error. It errs in small sets of genes that do not
go together: of {small}; of those of larger sets, {large}. The worst is {worst}. A lower limit of 0.95 would
meet it and refuse the adjustment of the default study, as would a correlation of 0.96. Between them lie
limits that do neither, as the table shows; but they are chosen by the outcomes of these cohorts, at which a
gate on coverage must not look. So 0.95 stands; `min_agreement` is in the config.
"""
RELIABILITY = """
Cronbach's alpha of the genes that a cohort has measured, and the correlation of the score with
HALLMARK_G2M_CHECKPOINT: with all its genes, and without those that both have. `n_used` of `n_genes` are
measured. No outcome is looked at.
"""
IDENTITY = """
{cohorts} simulated cohorts ({sizes} tumours in turn), the row under the name IRF7 drawn anew as said. A truly
measured gene, silenced or not, must not be refused; `discordant` keeps its score. *Silenced*: the value lies
two standard deviations below its mean, with a fifth of its spread. *Another gene's row*: of a gene that no
shipped set names beside IRF7. *Quiet noise*: a twentieth of a standard deviation. Refused though truly
measured: {false} of {truly}; another's row found: {found} of {swaps}, {refused} of these refused.
"""
SWAPPED = """
Real cohorts; genes that follow their companions there. Their row is exchanged with that of a gene that no
shipped set names beside them, {swaps} times for IRF7 and as often for genes drawn at random. Found:
discordant or refused, {found} of {told} where companions could be asked. Most rows of one gene belong to no
tight module, and are flagged rather than refused: what goes with nothing could be a silenced gene.
"""
REFUSED = """
Every gene of a shipped set that has companions, as if it were a signature by itself: those that would be
refused in real cohorts, with the evidence. gse2034_er_negative (67 tumours) is not part of the project; it
was at hand when this was made. Asked were {asked} genes; {refused} are refused, {discordant} are discordant.
In gse4335 whole runs of genes hold a filled-in value in most samples.
"""


PERMUTED = """
Real scores of three cohorts; follow-up and event were dealt out anew among a cohort's patients, so that
nothing goes with outcome. Shares of permutations in which the 95 % interval of the score's hazard ratio
excludes 1, given proliferation and the mean matched random score: nominally 5 %. The pool of the verdict
allows for cohorts that differ, and so errs less often where they do not.
"""


def write_described(tables: Path, name: str, many: int, seed: int) -> int:
    """Measure one part and write it; returns its rows."""
    table = DESCRIBED[name](many, seed)
    (tables / FOLDER).mkdir(parents=True, exist_ok=True)
    table.to_csv(
        tables / FOLDER / f"{name}.tsv",
        sep="\t",
        index=False,
        float_format="%.6g",
        lineterminator="\n",
        na_rep="NA",
    )
    return len(table)


def sections(tables: Path) -> list[str]:
    """The parts that are there, as Markdown."""
    said = []
    for name, section in _SECTIONS.items():
        needed = [tables / FOLDER / f"{one}.tsv" for one in (name, *_BESIDE.get(name, ()))]
        if all(path.is_file() for path in needed):
            read = [pd.read_csv(path, sep="\t", keep_default_na=False, na_values="NA") for path in needed]
            said += section(*read)
    return said


def _sampling(table: pd.DataFrame) -> list[str]:
    columns = {
        "chosen by": lambda row: row["sampling"],
        "model": lambda row: row["estimator"],
        "true HR": lambda row: f"{row['hr']:.1f}",
        "HR elsewhere": lambda row: "" if np.isnan(row["hr_other"]) else f"{row['hr_other']:.1f}",
        "truth": lambda row: f"{row['truth_hr']:.2f}",
        "mean estimate": lambda row: f"{row['mean_hr']:.2f}",
        "p < 0.05, %": lambda row: _percent(row["rejected"], row["rejected_error"]),
        "95 % interval holds the truth, %": lambda row: _percent(row["covered"], row["covered_error"]),
    }
    return ["## Patients chosen by an outcome\n", SAMPLING, _markdown(table, columns)]


def _parts_section(table: pd.DataFrame) -> list[str]:
    references = [name for name in agreement.COHORTS if name in set(table["reference"])]
    wide = table.pivot(index=["signature", "cohort"], columns="reference", values="correlation")
    genes = table.groupby(["signature", "cohort"])["n_genes"].first()
    rows = wide.reindex(columns=references).assign(n_genes=genes, least=wide.min(axis=1)).reset_index()
    full = rows["least"] > 1 - 1e-9  # every gene that the references have
    columns: dict[str, Callable[[pd.Series], str]] = {
        "signature": lambda row: row["signature"],
        "part of": lambda row: row["cohort"],
        **{f"r in {name}": _number(name) for name in references},
        "passes": lambda row: "yes" if row["least"] >= agreement.MIN_AGREEMENT else "**no**",
    }
    return ["## What the measured part of a signature says\n", PARTS_WORDS, _markdown(rows[~full], columns)]


def _halves_section(table: pd.DataFrame, parts: pd.DataFrame) -> list[str]:
    in_force = table[(table["rule"] == agreement.LEAST) & (table["limit"] == agreement.MIN_AGREEMENT)]
    columns = {
        "cohort": lambda row: row["cohort"],
        "signature": lambda row: row["signature"],
        "genes": lambda row: str(row["n_genes"]),
        "given": lambda row: GIVEN[row["model"]],
        "accepted": lambda row: f"{row['accepted']} of {row['halves']}",
        "off, %": lambda row: "" if np.isnan(row["share_off"]) else f"{100 * row['share_off']:.0f}",
        "least r with the whole": lambda row: (
            "" if np.isnan(row["least_own_correlation"]) else f"{row['least_own_correlation']:.2f}"
        ),
    }
    shown = in_force[in_force["accepted"] > 0]
    plain = shown[shown["model"] == "unadjusted"]
    few = plain["n_genes"] < FEW_GENES
    worst = shown[shown["accepted"] >= FEWEST_ACCEPTED].sort_values("share_off").iloc[-1]
    words = DECIDED.format(
        said=" and ".join(
            f"{100 * own['off'].sum() / own['accepted'].sum():.1f} % (given {GIVEN[model]})"
            for model, own in shown.groupby("model", sort=False)
        ),
        small=f"the accepted halves of sets under {FEW_GENES} genes, given nothing, {_off(plain[few])}",
        large=_off(plain[~few]),
        worst=(
            f"{worst['signature']} in {worst['cohort']} given {GIVEN[worst['model']]}: {worst['off']} of "
            f"{worst['accepted']} (from {FEWEST_ACCEPTED} accepted halves on)"
        ),
    )
    return [
        "## Parts of signatures\n",
        HALVES_WORDS.format(halves=HALVES),
        _by_rule(table, parts),
        textwrap.fill(words, 110),
        _markdown(shown, columns),
    ]


def _by_rule(table: pd.DataFrame, parts: pd.DataFrame) -> str:
    """Halves that are off by rule and model, and which of the named parts each rule refuses."""
    rows = []
    for (rule, limit), own in table.groupby(["rule", "limit"], sort=False):
        found = [_with_error(own[own["model"] == model]) for model in GIVEN]
        value = parts["correlation" if rule == agreement.LEAST else "lower_limit"]
        refused = parts[(value < limit) & parts["signature"].isin(NAMED_PARTS)]
        names = [
            f"{one} in {of}"
            for one, of in dict.fromkeys(zip(refused["signature"], refused["cohort"], strict=True))
        ]
        rows.append({"rule": f"{rule} {limit:.2f}", "found": found, "refused": ", ".join(names) or "none"})
    columns = {
        "at least": lambda row: row["rule"],
        **{f"off given {given}, %": _nth(place) for place, given in enumerate(GIVEN.values())},
        "refused of what the default study rests on": lambda row: row["refused"],
    }
    return _markdown(pd.DataFrame(rows), columns)


def _nth(place: int) -> Callable[[pd.Series], str]:
    return lambda row: row["found"][place]


def _with_error(rows: pd.DataFrame) -> str:
    """Share off of all accepted, and the jackknife's error over cohorts x signatures."""
    off, accepted = (rows[name].to_numpy(float) for name in ("off", "accepted"))
    used = accepted > 0
    off, accepted = off[used], accepted[used]
    left = (off.sum() - off) / (accepted.sum() - accepted)
    error = np.sqrt((left.size - 1) / left.size * np.square(left - left.mean()).sum())
    share = off.sum() / accepted.sum()
    return f"{_percent(share, error)} of {accepted.sum():,.0f}"


def _off(rows: pd.DataFrame) -> str:
    off, accepted = rows["off"].sum(), rows["accepted"].sum()
    return f"{100 * off / accepted:.1f} % are off ({off:,} of {accepted:,})"


def _reliable(table: pd.DataFrame) -> list[str]:
    columns = {
        "signature": lambda row: row["signature"],
        "cohort": lambda row: row["cohort"],
        "genes": lambda row: f"{row['n_used']} of {row['n_genes']}",
        "alpha": _number("alpha"),
        "r with G2M": _number("r_g2m"),
        "without shared genes": _number("r_g2m_no_shared"),
    }
    return ["## Reliability of scores of proliferation\n", RELIABILITY, _markdown(table, columns)]


def _number(name: str) -> Callable[[pd.Series], str]:
    return lambda row: "" if np.isnan(row[name]) else f"{row[name]:.2f}"


def _identity_simulated(table: pd.DataFrame) -> list[str]:
    rows = table["row"]
    truly = table[~rows.isin(["another gene's row", "quiet noise"])]
    swaps = table[rows == "another gene's row"]
    words = IDENTITY.format(
        cohorts=identity.COHORTS,
        sizes=", ".join(map(str, identity.SIZES)),
        false=truly["not_measured"].sum(),
        truly=truly["cohorts"].sum(),
        found=swaps[["discordant", "not_measured"]].sum().sum(),
        swaps=swaps["cohorts"].sum() - swaps["not_told"].sum(),
        refused=swaps["not_measured"].sum(),
    )
    columns = {"tumours": _text("n"), "row": _text("row"), **_IDENTITIES}
    return ["## Genes that are what they are called\n", words, _markdown(table, columns)]


def _identity_swapped(table: pd.DataFrame) -> list[str]:
    words = SWAPPED.format(
        swaps=identity.SWAPS,
        found=table[["discordant", "not_measured"]].sum().sum(),
        told=table["cohorts"].sum() - table["not_told"].sum(),
    )
    columns = {"cohort": _text("cohort"), "gene": _text("gene"), **_IDENTITIES}
    return ["## Rows exchanged in real cohorts\n", words, _markdown(table, columns)]


def _identity_refused(table: pd.DataFrame) -> list[str]:
    first = table.drop_duplicates("cohort")
    words = REFUSED.format(
        asked=f"{first['asked'].sum():,}",
        refused=first["not_measured"].sum(),
        discordant=first["discordant"].sum(),
    )
    columns = {
        "cohort": _text("cohort"),
        "asked": _text("asked"),
        "refused gene": lambda row: row["gene"] if isinstance(row["gene"], str) else "none",
        "companions": lambda row: "" if np.isnan(row["n_companions"]) else f"{row['n_companions']:.0f}",
        "their r": _number("cohesion"),
        "r with them": _number("correlation"),
        "upper 99 %": _number("upper_99"),
        "goes with": lambda row: (
            ", ".join(row["nearest"].split(",")[:5]) if isinstance(row["nearest"], str) else ""
        ),
        "r with these": _number("nearest_correlation"),
        "these with the companions": _number("nearest_with_companions"),
    }
    return ["## Genes refused in real cohorts\n", words, _markdown(table, columns)]


def _text(name: str) -> Callable[[pd.Series], str]:
    return lambda row: str(row[name])


_IDENTITIES = {
    "asked": _text("cohorts"),
    "follows": _text("follows"),
    "discordant": _text("discordant"),
    "refused": _text("not_measured"),
    "no companions": _text("not_told"),
}


def _permuted_section(table: pd.DataFrame) -> list[str]:
    columns = {
        "signature": lambda row: row["signature"],
        "of": lambda row: row["of"],
        "events": lambda row: str(row["events"]),
        "excludes 1, %": lambda row: _percent(row["share"], row["error"]),
    }
    trials = f"{table['permutations'].min():,} permutations.\n"
    return ["## Specificity where nothing goes with outcome\n", PERMUTED + trials, _markdown(table, columns)]


# tables that a section shows beside its own
_BESIDE = {"halves": ("parts",), "probes_simulated": ("probes_planted", "probes_real")}
_SECTIONS: dict[str, Callable[..., list[str]]] = {
    "parts": _parts_section,
    "halves": _halves_section,
    "reliability": _reliable,
    "identity_simulated": _identity_simulated,
    "identity_swapped": _identity_swapped,
    "identity_refused": _identity_refused,
    "probes_simulated": lambda *tables: probes.sections(*tables, _markdown),
    "sampling": _sampling,
    "permuted": _permuted_section,
    "power_curve": lambda table: power_curve.section(table, _markdown),
}


def _percent(share: float, error: float) -> str:
    return f"{100 * share:.1f} ± {100 * error:.1f}"


def _markdown(table: pd.DataFrame, columns: dict[str, Callable[[pd.Series], str]]) -> str:
    head: Sequence[str] = list(columns)
    rows = [[say(row) for say in columns.values()] for _, row in table.iterrows()]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])

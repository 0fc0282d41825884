"""Table 1: who the patients of each cohort are, over all and by tertile of the primary score."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from irf7bone.base.phrases import STATUS_WORDS, capital, counted, is_missing, listed, p_clause, p_value
from irf7bone.base.vocabulary import ALPHA
from irf7bone.harmonise.swaps import say_exchange
from irf7bone.report.html.cell_markup import (
    NOTHING,
    Cell,
    Field,
    TableView,
    as_text,
    say_cohort,
    say_count,
    say_number,
    say_text,
    view,
)
from irf7bone.report.html.section import Finding, Section, chosen
from irf7bone.tables.outcome_checks import GROUPS, MEDIAN, UNKNOWN

if TYPE_CHECKING:
    from irf7bone.report.inputs import ReportInputs

CHARACTERISTIC_WORDS = {
    "patients": "Patients",
    "age": "Age, years",
    "size_cm": "Tumour size, cm",
    "er": "Oestrogen receptor",
    "pr": "Progesterone receptor",
    "her2": "HER2",
    "subtype": "Subtype",
    "node": "Lymph nodes",
    "grade": "Grade",
}
EXPECTED = ("age", "size_cm", "er", "her2", "node", "grade")  # whose absence is said
GROUP_WORDS = {"all": "All", "low": "Low score", "middle": "Middle", "high": "High score"}
TEST_NAMES = {"spearman": "Spearman", "kruskal": "Kruskal-Wallis"}


def patients_section(inputs: ReportInputs) -> Section:
    """Characteristics of the patients, and how the primary score goes with them."""
    table = inputs.results.table_one
    names = [name for name in inputs.cards if name in set(table["cohort"])]
    return Section(
        "patients",
        "Patients",
        "Characteristics of the patients",
        [
            *_findings(table, names, inputs),
            *marker_findings(inputs.results.markers, inputs.simulated),
        ],
        tables=[
            *(patients_view(chosen(table, cohort=name), name, inputs) for name in names),
            markers_view(inputs.results.markers, inputs.simulated),
        ],
    )


def marker_findings(table: pd.DataFrame, simulated: frozenset[str]) -> list[Finding]:
    """Whether the clinical data belong to the expression, a sentence a cohort of patients."""
    findings, bare = [], []
    for name, rows in table.groupby("cohort", sort=False):
        if name in simulated:
            continue
        told = rows[rows["status"] != "not_available"]
        said = [
            f"{FACT_WORDS[row['fact']]} {_MARKER_VERBS[row['status']]} {row['gene']} "
            f"({_MEASURES[row['measure']]} {row['agreement']:.2f})"
            for row in told.to_dict("records")
        ]
        why = [str(reason) for reason in dict.fromkeys(told["reason"]) if not is_missing(reason)]
        stated = f" ({'; '.join(why)})" if why else ""
        pairs = [str(pair) for pair in dict.fromkeys(told["exchanged"]) if not is_missing(pair)]
        stated += "".join(f". {capital(say_exchange(pair))}" for pair in pairs)
        if said:
            findings.append(Finding(f"{name}: {listed(said)}{stated}."))
        else:
            bare.append(str(name))
    if bare:
        said_of = "No clinical variable could be compared with the expression in"
        findings.append(Finding(f"{said_of} {listed(bare)}."))
    return findings


FACT_WORDS = {"er": "ER", "pr": "PR", "her2": "HER2", "sex": "sex", "grade": "grade"}
_MARKER_VERBS = {
    "agrees": "agrees with",
    "weak": "does not clearly agree with",
    "disagrees": "does not agree with",
}
_MEASURES = {"auc": "AUC", "spearman": "rank correlation"}


def markers_view(table: pd.DataFrame, simulated: frozenset[str]) -> TableView:
    """What the clinical data say, held against genes that know it as well."""
    columns = (
        Field("Cohort", "cohort id", say_cohort(simulated), filtered=True),
        Field("Fact", "of the clinical data", lambda row: Cell(FACT_WORDS[row["fact"]]), filtered=True),
        Field("Gene", "or proliferation, the mean of its genes", say_text("gene")),
        Field("Samples", "with both", say_count("n"), number=True),
        Field("Positive", "of these; for sex, female", say_count("n_high"), number=True),
        Field("Agreement", "AUC; for grade, rank correlation", _two_digits("agreement"), number=True),
        Field("From", "one-sided 99 % limit", _two_digits("low"), number=True),
        Field("To", "one-sided 99 % limit", _two_digits("high"), number=True),
        Field("Status", "agrees, weak, disagrees", lambda row: Cell(row["status"].replace("_", " "))),
        Field("Reason", "why it is not available, or what the card says", say_text("reason")),
    )
    caption = (
        "Do clinical data and expression belong to the same samples? Where rows and sample ids were all "
        "mixed up, agreement is at chance: an area under the ROC curve (AUC) of 0.5; where half of them "
        "were, halfway. A cohort that clearly disagrees is refused unless its card says why; one that does "
        "not clearly agree (weak) is worth a look."
    )
    return view("markers", caption, table, columns, simulated, searchable=True)


def _two_digits(name: str) -> Callable[[Mapping[str, Any]], Cell]:
    return say_number(name, lambda value: f"{value:.2f}")


def _findings(table: pd.DataFrame, names: Sequence[str], inputs: ReportInputs) -> list[Finding]:
    """A sentence for each cohort that records something, and one for those that do not."""
    recorded = set(table.loc[table["characteristic"] != "patients", "cohort"])
    findings = [_finding(chosen(table, cohort=name), name, inputs) for name in names if name in recorded]
    for simulated in (False, True):
        bare = [name for name in names if name not in recorded and (name in inputs.simulated) == simulated]
        if bare:
            said = f"None of age, size, ER, HER2, node and grade is recorded in {listed(bare)}."
            findings.append(Finding(said, simulated))
    return findings


def _finding(rows: pd.DataFrame, cohort: str, inputs: ReportInputs) -> Finding:
    """Which characteristics go with the score, uncorrected, and which the cohort does not record."""
    simulated = cohort in inputs.simulated
    tests = rows.drop_duplicates("characteristic").set_index("characteristic").drop("patients")
    tested = tests[tests["status"] == "ok"]
    related = tested[tested["p"] < ALPHA]
    said = [f"{_lower(name)} ({p_clause(row['p'])})" for name, row in related.iterrows()]
    sentence = (
        f"{cohort}: of {counted(len(tested), 'characteristic')} tested, the score of "
        f"{inputs.config.primary.signature} is associated with {listed(said)} at p < {ALPHA:g}, uncorrected."
    )
    # a class of size may be on record: what models and this table take is centimetres
    absent = [
        "tumour size in cm" if name == "size_cm" else _lower(name)
        for name in EXPECTED
        if name not in tests.index
    ]
    if absent:
        sentence += f" Not recorded: {listed(absent)}."
    return Finding(sentence, simulated)


def _lower(name: str) -> str:
    words = CHARACTERISTIC_WORDS[name].partition(",")[0]
    return words if words.isupper() or words == "HER2" else words[0].lower() + words[1:]


def patients_view(rows: pd.DataFrame, cohort: str, inputs: ReportInputs) -> TableView:
    """One row a characteristic and level, a column for each group.

    Args:
        rows: Those of one cohort, :data:`irf7bone.tables.outcome_checks.TABLE_ONE`.
        cohort: Cohort id.
        inputs: For the primary analysis and what is simulated.
    """
    wide: list[dict[str, Any]] = []
    for (name, level), levels in rows.groupby(["characteristic", "level"], sort=False):
        if level == UNKNOWN and not levels["count"].any():
            continue
        first = levels.iloc[0]
        wide.append(
            {
                "cohort": cohort,
                "characteristic": name,
                "level": level,
                **{row["group"]: row for row in levels.to_dict("records")},
                **{key: first[key] for key in ("test", "p", "status", "reason")},
            }
        )
    for row, before in zip(wide, [None, *wide], strict=False):
        row["is_first"] = before is None or before["characteristic"] != row["characteristic"]
    columns = (
        Field("Characteristic", "as the card maps it", _characteristic),
        Field("Level", "class, or median and quartiles", _level),
        *(
            Field(GROUP_WORDS[group], "number and share of those known, or median (quartiles)", _say(group))
            for group in GROUPS
            if any(group in row for row in wide)
        ),
        Field("Score against it", "test over all samples that have it, and its p, not corrected", _test),
    )
    caption = (
        f"Patients of {cohort}, over all and by tertile of the {inputs.config.primary.signature} score "
        f"({inputs.config.primary.method}). Shares are of the samples with a known value."
    )
    cells = [[column.say(row) for column in columns] for row in wide]
    marked = [cohort in inputs.simulated] * len(wide)
    return TableView(f"patients_{cohort}", caption, columns, cells, marked, as_text(rows))


def _characteristic(row: Mapping[str, Any]) -> Cell:
    return Cell(CHARACTERISTIC_WORDS[row["characteristic"]])


def _level(row: Mapping[str, Any]) -> Cell:
    return Cell({MEDIAN: "median (quartiles)"}.get(row["level"], row["level"]))


def _say(group: str) -> Callable[[Mapping[str, Any]], Cell]:
    """The cell of one group."""

    def say(row: Mapping[str, Any]) -> Cell:
        found = row.get(group)
        if not isinstance(found, Mapping):
            return Cell(NOTHING)
        if row["level"] == MEDIAN:
            if is_missing(found["median"]):
                return Cell(NOTHING)
            return Cell(f"{found['median']:g} ({found['q1']:g} to {found['q3']:g})")
        if row["characteristic"] == "patients" or row["level"] == UNKNOWN:
            return Cell(f"{found['count']:,}")
        return Cell(f"{found['count']:,} ({100 * found['count'] / max(1, found['n_known']):.0f} %)")

    return say


def _test(row: Mapping[str, Any]) -> Cell:
    if not row["is_first"] or row["characteristic"] == "patients":
        return Cell(NOTHING)
    if row["status"] != "ok":
        return Cell(f"{STATUS_WORDS[row['status']]}: {row['reason']}")
    return Cell(f"{TEST_NAMES[row['test']]}, p {_sign(row['p'])}")


def _sign(p: float) -> str:
    said = p_value(p)
    return said if said[0] in "<>" else f"= {said}"

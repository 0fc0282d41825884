"""The tables that pass between stages: one object checks each on write and on read.

Tables are tab-separated UTF-8 with ``NA`` for missing (or Parquet where the name says so); ids are
always text. A violation is never repaired here: all of them are raised together. What rounding alone has
carried beyond a bound is set to the bound. numpy and pandas are imported where a table is touched, since
Snakemake reads the list of tables at each start.
"""

from __future__ import annotations

import csv
import gzip
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from irf7bone.base.errors import InputError, Problem, Problems
from irf7bone.base.whole_file import whole_file

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

FORMULA = r"[=+\-@\t\r]"  # what a spreadsheet takes a text that begins with it for
NUMERIC = ("integer", "number")
ROUNDING = 1e-9  # a correlation of 1 may come out above it, on one kind of processor and not on another
Kind = Literal["text", "integer", "number", "flag"]


@dataclass(frozen=True)
class Column:
    """One column: its kind, whether it may be missing, its range and what it means."""

    name: str
    kind: Kind
    doc: str
    nullable: bool = False
    low: float = -math.inf
    high: float = math.inf
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """The contract of one table.

    Args:
        name: What the table is called in messages and in docs/user/outputs.md.
        key: Columns that together name a row once.
        columns: All columns, in file order; no others are allowed.
        needs_when_ok: Columns that must hold a number wherever ``status`` is ``ok``, and be missing
            wherever it is not, so that a failed fit can never carry an estimate.
        complete: Whether each value of a key column goes with each of the others, as every planned result
            has a row; see :mod:`irf7bone.tables.completeness`.
        digits: Significant digits of numbers in a file; None for all that tell them apart.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    needs_when_ok: tuple[str, ...] = ()
    complete: bool = False
    digits: int | None = None
    _by_name: dict[str, Column] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._by_name.update({column.name: column for column in self.columns})

    @property
    def names(self) -> list[str]:
        """Column names in file order."""
        return [column.name for column in self.columns]

    def empty(self) -> pd.DataFrame:
        """A table with no rows and the right columns."""
        import pandas as pd

        return self.cast(pd.DataFrame({name: [] for name in self.names}))

    def cast(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Put columns in order and give them the contract's types (text, Int64, float64, bool)."""
        import pandas as pd

        # arrays, not series, whose rows pandas would match one by one
        out: dict[str, Any] = {}
        for column in self.columns:
            if column.name not in frame:
                continue
            values = frame[column.name]
            if column.kind == "text":
                texts = out[column.name] = values.to_numpy("object", copy=True)
                texts[values.isna().to_numpy()] = None
            elif column.kind == "integer":
                out[column.name] = pd.to_numeric(values).astype("Int64").array
            elif column.kind == "number":
                # not pd.to_numeric, which is off by one in the last digit of some texts
                out[column.name] = _without_rounding(column, values.astype("float64").to_numpy())
            else:
                out[column.name] = values.astype("bool").array
        return pd.DataFrame(out, index=frame.index)

    def check(self, frame: pd.DataFrame, where: str) -> None:
        """Raise :class:`InputError` naming every violation found in ``frame``."""
        problems = Problems()
        missing = [name for name in self.names if name not in frame.columns]
        extra = [name for name in frame.columns if name not in self._by_name]
        if missing or extra:
            problems.add(
                where,
                expected=f"the columns of {self.name}: {', '.join(self.names)}",
                found=f"missing {missing or 'none'}, unknown {extra or 'none'}",
                remedy="write the table through its contract",
            )
            problems.raise_if_any()
        for column in self.columns:
            problems.extend(_violations(column, frame[column.name], f"{where}, {column.name}"))
        duplicated = frame.duplicated(list(self.key))
        if duplicated.any():
            problems.add(
                f"{where}, {' x '.join(self.key)}",
                expected="one row for each combination",
                found=f"{int(duplicated.sum())} repeated",
                remedy="write each planned result once",
                offenders=[
                    " / ".join(map(str, row)) for row in frame.loc[duplicated, list(self.key)].to_numpy()
                ],
            )
        if self.needs_when_ok:
            problems.extend(self._status_violations(frame, where))
        problems.raise_if_any()

    def _status_violations(self, frame: pd.DataFrame, where: str) -> list[Problem]:
        import numpy as np

        problems = Problems()
        ok = (frame["status"] == "ok").to_numpy()
        for name in self.needs_when_ok:
            finite = np.isfinite(frame[name].to_numpy("float64", na_value=math.nan))
            for wrong, expected in ((ok & ~finite, "a finite number where status is ok"),
                                    (~ok & finite, "NA where status is not ok")):  # fmt: skip
                if wrong.any():
                    problems.add(
                        f"{where}, {name}",
                        expected=expected,
                        found=f"{int(wrong.sum())} rows otherwise",
                        remedy="give the row the status that says what happened",
                        offenders=[
                            " / ".join(map(str, row)) for row in frame.loc[wrong, list(self.key)].to_numpy()
                        ],
                    )
        unexplained = ~ok & frame["reason"].isna().to_numpy()
        if unexplained.any():
            problems.add(
                f"{where}, reason",
                expected="a reason wherever status is not ok",
                found=f"{int(unexplained.sum())} rows without",
                remedy="say why there is no estimate",
            )
        return problems.found

    def write(self, frame: pd.DataFrame, path: str | Path) -> None:
        """Check ``frame`` and write it whole or not at all, as its name ends: .tsv, .tsv.gz or .parquet."""
        path = Path(path)
        frame = self.cast(frame)
        self.check(frame, str(path))
        with whole_file(path) as partial:
            if path.suffix == ".parquet":
                frame.to_parquet(partial, index=False)
            else:
                shown, quoting = self._for_spreadsheets(frame)
                with _opened(partial, packed=path.suffix == ".gz") as handle:
                    shown.to_csv(
                        handle,
                        sep="\t",
                        index=False,
                        na_rep="NA",
                        lineterminator="\n",
                        float_format=self.digits and f"%.{self.digits}g",
                        quoting=quoting,
                    )

    def read(self, path: str | Path) -> pd.DataFrame:
        """Read and check a table; ids stay text, whatever they look like.

        Raises:
            InputError: The file is no such table.
        """
        path = Path(path)
        try:
            frame = self.cast(self._parsed(path))
        except (TypeError, ValueError) as error:  # of pandas, which names neither file nor column
            raise InputError(
                Problem(
                    str(path),
                    f"the columns of {self.name} with values of their kinds",
                    str(error),
                    "do not edit results; delete the file, and the next run makes it anew",
                )
            ) from error
        self.check(frame, str(path))
        return frame

    def _parsed(self, path: Path) -> pd.DataFrame:
        import pandas as pd

        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        packed = path.suffix == ".gz"
        frame = self._read_long(path) if packed else self._read_texts(path)
        if not packed and b"'" not in path.read_bytes():  # few tables have any
            return frame
        for name, texts, distinct in self._texts(frame):
            marked = [text for text in distinct if re.match(f"'+{FORMULA}", text)]
            if marked:
                frame[name] = texts.where(~texts.isin(marked), texts.str[1:])
        return frame

    def _read_texts(self, path: Path) -> pd.DataFrame:
        import pandas as pd

        frame = pd.read_csv(
            path,
            sep="\t",
            dtype=str,
            keep_default_na=False,
            na_values={
                column.name: ["NA"] for column in self.columns if column.nullable or column.kind in NUMERIC
            },
            encoding="utf-8",
        )
        for column in self.columns:
            if column.kind == "flag" and column.name in frame:
                if not frame[column.name].isin(["True", "False"]).all():
                    raise ValueError(f"{column.name} has values other than True and False")
                frame[column.name] = frame[column.name] == "True"
        return frame

    def _read_long(self, path: Path) -> pd.DataFrame:
        """Read a packed table, numbers as such from the start: as texts they would take thrice as long."""
        import pandas as pd

        kinds = {"text": "object", "integer": "Int64", "number": "float64", "flag": "bool"}
        return pd.read_csv(
            path,
            sep="\t",
            dtype={column.name: kinds[column.kind] for column in self.columns},
            keep_default_na=False,
            na_values={column.name: ["NA"] for column in self.columns if column.nullable},
            float_precision="round_trip",
            encoding="utf-8",
        )

    def _for_spreadsheets(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, int]:
        """The same, an apostrophe before texts that a spreadsheet would take for a formula, and its quoting.

        One more apostrophe stands before those that have some already, so that reading takes back just what
        was written.
        """
        changed, quoting = {}, csv.QUOTE_MINIMAL
        for name, texts, distinct in self._texts(frame):
            formula = texts.isin([text for text in distinct if re.match(f"'*{FORMULA}", text)])
            if formula.any():
                changed[name] = texts.where(~formula, "'" + texts)
            # Python before 3.13 leaves a text with a carriage return bare, and reading ends its row there
            if any("\r" in text for text in distinct):
                quoting = csv.QUOTE_NONNUMERIC
        return (frame.assign(**changed) if changed else frame), quoting

    def _texts(self, frame: pd.DataFrame) -> Iterator[tuple[str, pd.Series, list[str]]]:
        """The columns of free text that hold any, by name, with the texts that they hold."""
        for column in self.columns:
            if column.kind == "text" and not column.allowed and column.name in frame:
                texts = frame[column.name].astype("object")
                distinct = [text for text in texts.unique() if isinstance(text, str)]
                if distinct:
                    yield column.name, texts, distinct


@contextmanager
def _opened(path: Path, *, packed: bool) -> Iterator[IO[str]]:
    """A text file to write, packed without name and date so that equal tables give equal bytes."""
    with path.open("wb") as raw:
        # the fastest level: a tenth larger, in a fifth of the time
        whole = gzip.GzipFile("", "wb", 1, raw, mtime=0) if packed else raw
        with TextIOWrapper(whole, encoding="utf-8", newline="") as handle:
            yield handle


def _without_rounding(column: Column, numbers: np.ndarray) -> np.ndarray:
    """Numbers, those beyond a bound of the column by less than ``ROUNDING`` set to that bound."""
    import numpy as np

    for bound, outwards in ((column.low, -1), (column.high, 1)):
        if math.isfinite(bound):
            beyond = outwards * (numbers - bound)
            numbers = np.where((beyond > 0) & (beyond < ROUNDING), bound, numbers)
    return numbers


def _violations(column: Column, values: pd.Series, where: str) -> list[Problem]:
    problems = Problems()
    # arrays from here on: a comparison of two columns takes pandas ten times as long
    missing = values.isna().to_numpy()
    if missing.any() and not column.nullable:
        problems.add(
            where,
            expected="a value in every row",
            found=f"{int(missing.sum())} missing",
            remedy="leave no planned result without a value or a status",
            offenders=values.index[missing].tolist(),
        )
    if column.allowed:
        wrong = ~missing & ~values.isin(column.allowed).to_numpy()
        if wrong.any():
            problems.add(
                where,
                expected=f"one of {', '.join(column.allowed)}",
                found=f"{int(wrong.sum())} other values",
                remedy="use the words of docs/user/outputs.md",
                offenders=values[wrong].unique().tolist(),
            )
    if column.kind in NUMERIC:
        numbers = values.to_numpy("float64", na_value=math.nan)
        wrong = ~missing & ~((numbers >= column.low) & (numbers <= column.high))
        if wrong.any():
            problems.add(
                where,
                expected=f"a number between {column.low:g} and {column.high:g}",
                found=f"{int(wrong.sum())} outside",
                remedy="an impossible value is a defect: report it",
                offenders=values[wrong].tolist(),
            )
    return problems.found

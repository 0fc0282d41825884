"""`make card`, `irf7bone card`: propose a card for data that have none."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from irf7bone.base.called import PROJECT, call_of
from irf7bone.base.errors import InputError
from irf7bone.commands.propose.card import card_text
from irf7bone.commands.propose.cells import cells_text
from irf7bone.commands.propose.experiment import experiment_text
from irf7bone.commands.propose.geo import look_at_series
from irf7bone.commands.propose.layouts import Place, look
from irf7bone.commands.propose.seen import describe_columns, split_seen
from irf7bone.commands.propose.study_file import study_beside, study_text
from irf7bone.download.remote import FOLDER
from irf7bone.genes.symbols import SymbolTable
from irf7bone.study.cohort_checks import RESERVED_IDS
from irf7bone.study.plan import SYMBOLS
from irf7bone.study.questions import MARK


def card_command(arguments: list[str] | None = None) -> int:
    """Print the clinical columns, and write the card to a file or print it."""
    parser = argparse.ArgumentParser(description="Propose a card for data that have none")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--accession", help="a series of GEO")
    source.add_argument(
        "--from", dest="path", type=Path, help="a folder, an archive, an h5ad file or a table"
    )
    parser.add_argument("--platform", help="GPL..., for a series with several")
    parser.add_argument("--clinical", type=Path, help="the clinical table beside a table of expression")
    parser.add_argument("--id", help="the card's id; default: from the accession or the name of the data")
    parser.add_argument("--out", type=Path, help="the card to write, named as the id; default: print it")
    parser.add_argument("--experiment", action="store_true", help="an experiment card, not that of a cohort")
    parser.add_argument("--cells", action="store_true", help="a card of single cells; needs --from")
    parser.add_argument("--mirror", help="folder or URL in place of the network")
    options = parser.parse_args(arguments)
    if options.cells and options.path is None:
        parser.error("--cells needs --from: a file or a folder of single cells")
    named = options.out.stem if options.out else options.id
    identity = named or _identity(options.accession or options.path.resolve().name)
    card = options.out or Path(f"{identity}.yaml")
    wrong = _unusable(options.out, identity, options.id)
    if wrong:
        print(wrong, file=sys.stderr)
        return 1
    try:
        if options.out:
            options.out.parent.mkdir(parents=True, exist_ok=True)  # data beside a card are sought from there
            options.out.open("x").close()  # found now, not when everything has been fetched
            options.out.unlink()
    except OSError as error:
        print(f"{options.out} cannot be written ({error.strerror}): name another card", file=sys.stderr)
        return 1
    kind = "cells" if options.cells else "experiment" if options.experiment else "cohort"
    try:
        if options.cells:
            return _write(cells_text(identity, options.path, card), options.out, kind)
        if options.accession:
            folder = Path(FOLDER) / identity
            seen = look_at_series(
                options.accession.upper(),
                options.platform,
                card,
                folder,
                mirror=options.mirror,
                any_species=options.experiment,
            )
        else:
            seen = look(Place(options.path, options.clinical, card), SymbolTable.load(PROJECT / SYMBOLS))
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    seen = split_seen(seen)
    text = (experiment_text if options.experiment else card_text)(identity, seen)
    print(describe_columns(seen.samples), file=sys.stderr)
    return _write(text, options.out, kind)


def _write(text: str, out: Path | None, kind: str) -> int:
    """Write the card, and a study beside it where there is none yet; or print the card."""
    if out:
        out.write_text(text, encoding="utf-8")
        questions = sum(MARK in line for line in text.splitlines() if not line.startswith("#"))
        print(f"{out}: {questions} open questions, each after {MARK}", file=sys.stderr)
        study = study_beside(out)
        if not study.exists():
            study.write_text(study_text(out, text, kind), encoding="utf-8")
        print(f"answer them in {out} and {study}, then: {call_of('check', study)}", file=sys.stderr)
    else:
        print(text, end="")
    return 0


def _unusable(out: Path | None, identity: str, stated: str | None) -> str:
    """Why no card can be called so; empty where one can."""
    if out and (out.exists() or out.is_symlink()):
        return f"{out} is there already: remove it, or name another card"
    if out and out.suffix != ".yaml":
        return f"{out} is no name of a card: it must end in .yaml"
    if out and stated and stated != out.stem:
        return f"a card is called as its id: {out} cannot have the id {stated}"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", identity) or identity in RESERVED_IDS:
        return (
            f"{identity!r} cannot be an id: letters, digits, - and _, and not {' or '.join(RESERVED_IDS)}; "
            "name another with OUT or ID of make card, --out or --id of irf7bone card"
        )
    return ""


def _identity(name: str) -> str:
    """An id from a name: its first part, in lower case, with _ for what an id may not hold."""
    stem = re.sub(r"(\.tar)?\.[A-Za-z0-9]+(\.gz)?$", "", name)
    return re.sub(r"[^a-z0-9_-]+", "_", stem.lower()).strip("_-") or "cohort"

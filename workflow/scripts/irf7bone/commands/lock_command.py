"""`make lock`, `irf7bone lock`: fetch a study's files again and lock what comes."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from irf7bone.acquire.sources import remote_files
from irf7bone.base.called import INSTALLED, PROJECT
from irf7bone.base.errors import InputError
from irf7bone.commands.renew_lock import renew_lock
from irf7bone.download.remote import FOLDER
from irf7bone.study.places import study_folder
from irf7bone.study.plan import load_study
from irf7bone.study.strict_yaml import read_configs


def lock_command(arguments: list[str] | None = None) -> int:
    """Renew, and say what changed."""
    parser = argparse.ArgumentParser(description="Fetch a study's files again and lock what comes")
    parser.add_argument("study", nargs="?", type=Path, help="a config file to put over config.yaml")
    parser.add_argument("--cohort", help="only this cohort or experiment")
    parser.add_argument(
        "--directory", type=Path, help="the folder to run in; default: called as the study, or this one"
    )
    options = parser.parse_args(arguments)
    folder = options.directory or (study_folder(options.study) if options.study else Path())
    try:
        files = [PROJECT / "config.yaml", *([options.study] if options.study else [])]
        study = load_study(read_configs(files), root=PROJECT, files=files)
        cards = {**study.experiments, **study.cards}
        if options.cohort and options.cohort not in cards:
            parser.error(f"the study has no cohort {options.cohort}; it has {', '.join(cards)}")
        chosen = [options.cohort] if options.cohort else list(cards)
        fetched = [name for name in chosen if remote_files(cards[name])]
        if not fetched:
            print(f"nothing to lock: no file of {', '.join(chosen)} is fetched from elsewhere")
        # into the project, from whose folder make calls; of an installed one, where its runs put them
        downloads = (folder if PROJECT.name == INSTALLED else Path()) / FOLDER
        for name in fetched:
            changes = renew_lock(cards[name], downloads, mirror=study.mirror) or ["nothing changed"]
            # the next run of the study looks at the files again
            Path(folder, "results", "downloads", f"{name}.tsv").unlink(missing_ok=True)
            print(f"{name}\n" + "".join(f"  {line}\n" for line in changes), end="")
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

"""Fetch a study's files again and lock what comes: `tools/renew_lock.py [STUDY.yaml] [--cohort ID]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / "workflow" / "scripts"))

from irf7bone.acquire.sources import remote_files  # noqa: E402
from irf7bone.base.errors import InputError  # noqa: E402
from irf7bone.commands.renew_lock import renew_lock  # noqa: E402
from irf7bone.study.plan import load_study  # noqa: E402
from irf7bone.study.strict_yaml import read_configs  # noqa: E402


def main(arguments: list[str] | None = None) -> int:
    """Renew, and say what changed."""
    parser = argparse.ArgumentParser(description="Fetch a study's files again and lock what comes")
    parser.add_argument("study", nargs="?", type=Path, help="a config file to put over config.yaml")
    parser.add_argument("--cohort", help="only this cohort or experiment")
    parser.add_argument("--directory", default=".", help="the folder that the study runs in")
    options = parser.parse_args(arguments)
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
        for name in fetched:
            changes = renew_lock(cards[name], mirror=study.mirror) or ["nothing changed"]
            # the next run of the study looks at the files again
            Path(options.directory, "results", "downloads", f"{name}.tsv").unlink(missing_ok=True)
            print(f"{name}\n" + "".join(f"  {line}\n" for line in changes), end="")
    except InputError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

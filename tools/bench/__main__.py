"""Usage: python -m bench [TOPIC ...]; writes results/benchmarks/TOPIC.tsv, or of all but many and scale.

A table that docs/development/benchmarks.md has a place for is put there as well.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.document import document
from bench.measure import measure

TOPICS = ("scores", "gsva", "null", "cox", "peers", "geo", "cells", "memory", "many", "scale")
UNASKED = TOPICS[:-2]  # the last take hours
FOLDER = Path("results/benchmarks")


def main(topics: list[str]) -> None:
    """Measure and write."""
    unknown = [topic for topic in topics if topic not in TOPICS]
    if unknown:
        raise SystemExit(f"irf7bone: no benchmark {', '.join(unknown)}; there are {', '.join(TOPICS)}")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for topic in topics or UNASKED:
        table = measure(topic)
        path = FOLDER / f"{topic}.tsv"
        table.to_csv(path, sep="\t", index=False, na_rep="NA", float_format="%.4g")
        document(topic, table)
        print(f"\n{path}")
        print(table.drop(columns=["version"]).to_string(index=False, float_format="%.3g", na_rep=""))


main(sys.argv[1:])

"""One case in a process of its own: python -m bench.child TOPIC NUMBER FOLDER."""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from pathlib import Path

import numpy as np

from bench.measure import NotAvailable, version_of

topic, number, folder = sys.argv[1:]
case = import_module(f"bench.{topic}").CASES[int(number)]
said: dict[str, object] = {"status": "ok", "reason": None}
try:
    found = case.run()
except NotAvailable as why:
    said = {"status": "not_available", "reason": str(why)}
else:
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said |= {
        "seconds": list(found.seconds),
        "version": found.version or (version_of(case.package) if case.package else None),
        "peak_mb": found.peak_mb if np.isfinite(found.peak_mb) else own,
        "bound_mb": found.bound_mb if np.isfinite(found.bound_mb) else None,
        "reason": found.note or None,
    }
    np.save(Path(folder, f"{number}.npy"), np.asarray(found.values, dtype=float))
Path(folder, f"{number}.json").write_text(json.dumps(said), encoding="utf-8")

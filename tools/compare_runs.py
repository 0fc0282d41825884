"""Say what changed between two runs.

usage: python tools/compare_runs.py A B [--tolerance 1e-6] [--out changes.tsv]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.compare_command import compare_command as main

if __name__ == "__main__":
    sys.exit(main())

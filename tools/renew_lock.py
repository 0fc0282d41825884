"""Fetch a study's files again and lock what comes: `tools/renew_lock.py [STUDY.yaml] [--cohort ID]`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.lock_command import lock_command as main

if __name__ == "__main__":
    sys.exit(main())

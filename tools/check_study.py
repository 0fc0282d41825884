"""Look at a study without running it: `python tools/check_study.py [STUDY.yaml]`; 1 where it has problems."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.check_command import check_command as main

if __name__ == "__main__":
    sys.exit(main())

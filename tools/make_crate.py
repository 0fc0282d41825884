"""Write a finished run as a Workflow Run RO-Crate: `tools/make_crate.py [--directory DIR] [--out ZIP]`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.crate_command import crate_command as main

if __name__ == "__main__":
    sys.exit(main())

"""What of results is not as it was made: `tools/verify_results.py [RESULTS]`; 1 where anything is."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.verify_command import verify_command as main

if __name__ == "__main__":
    sys.exit(main())

"""Propose a card for data that have none; see add_a_cohort.md and its like in docs/user.

usage: python tools/propose_card.py (--accession GSE... | --from PATH) [--experiment | --cells] [--out
    card.yaml]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.card_command import card_command as main

if __name__ == "__main__":
    sys.exit(main())

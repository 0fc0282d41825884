"""Run the workflow for `make report`: one run in a folder at a time, and one line where it is stopped.

What it says on the way is tools/terminal's; it ends with the verdict in one line and the path of the report.

usage: python tools/make_report.py --cores all [--directory DIR] [--configfile STUDY.yaml]
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

from irf7bone.commands.run_workflow import run_workflow_stoppably

if __name__ == "__main__":
    sys.exit(run_workflow_stoppably(sys.argv[1:]))

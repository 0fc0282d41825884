"""Snakemake as `make report` starts it: Python puts this folder, and so its logger plugin, onto the path.

usage: python tools/terminal --logger irf7bone [SNAKEMAKE'S ARGUMENTS]
"""

from __future__ import annotations

import sys

from snakemake.cli import main

if __name__ == "__main__":
    sys.argv[0] = "snakemake"
    main()

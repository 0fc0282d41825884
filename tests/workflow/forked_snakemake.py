"""Runs Snakemake again and again from a process that has imported it: each call is a fork of its own.

Half of a dry run is Python reading Snakemake and looking for its plugins. Nothing of this project is
imported before the fork. A line of JSON on the standard input has the arguments, the folder, the environment
and the files for what is said; a line with the exit code comes back.
"""

from __future__ import annotations

import json
import os
import runpy
import sys

import jsonschema  # noqa: F401 - with the next two, what Snakemake and the study's checks import in each call
import pandas  # noqa: F401
import smart_open  # noqa: F401
from snakemake.cli import get_argument_parser

get_argument_parser()  # looks for plugins
for line in sys.stdin:
    call = json.loads(line)
    if (process := os.fork()) == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
else:
    sys.exit()

# only a fork comes here, and ends as `python -m snakemake` does
os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
for number, said in ((1, "stdout"), (2, "stderr")):
    os.dup2(os.open(call[said], os.O_WRONLY | os.O_CREAT), number)
os.environ.clear()
os.environ.update(call["environment"])
os.chdir(call["folder"])
sys.path[0] = ""
sys.argv = ["snakemake", *call["arguments"]]
runpy.run_module("snakemake", run_name="__main__", alter_sys=True)

"""The command that a run is made again with."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from snakemake.cli import parse_config

from irf7bone.study.command import MODULE, command_for

ROOT = Path("/somewhere/project")


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ([], "snakemake --cores all"),
        ([ROOT / "mine/a.yaml"], "snakemake --cores all --directory mine/a --configfile mine/a.yaml"),
        ([Path("/elsewhere/b.yaml")], "snakemake --cores all --directory b --configfile b.yaml"),
        (
            [ROOT / "a.yaml", ROOT / "b c.yaml"],
            "snakemake --cores all --directory 'b c' --configfile a.yaml 'b c.yaml'",
        ),
    ],
)
def test_every_config_file_but_the_projects_own_is_named(files, command):
    assert command_for(files, ROOT, {}, module=False) == command


def test_what_was_set_on_the_command_line_is_read_back_the_same():
    given = {"title": "It's mine", "cells": [], "primary": {"endpoint": "bone"}, "min_events": 12}
    words = shlex.split(command_for([], ROOT, given, module=False))
    assert parse_config(words[words.index("--config") + 1 :]) == given


def test_a_module_has_no_command_of_its_own():
    assert command_for([ROOT / "a.yaml"], ROOT, {}, module=True) == MODULE

"""The package as it is installed: its modules stand in the workflow, where Snakemake's jobs import them."""

from importlib.metadata import version
from pathlib import Path

__version__ = version("irf7bone")
__path__ = [str(Path(__file__).resolve().parents[1] / "irf7bone_workflow/workflow/scripts/irf7bone")]

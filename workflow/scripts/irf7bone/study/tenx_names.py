"""The three text files of a 10x matrix: in a folder of their own, or under a prefix as GEO has them.

Light, as Snakemake asks for them at every start.
"""

from __future__ import annotations

from pathlib import Path

PARTS = (("matrix.mtx",), ("barcodes.tsv",), ("features.tsv", "genes.tsv"))


def possible_files(path: Path, names: tuple[str, ...]) -> list[Path]:
    """Where one of the three may lie.

    Args:
        path: A folder, or the beginning of the names: ``raw/GSM1_P1`` for ``raw/GSM1_P1_matrix.mtx.gz``.
        names: An item of :data:`PARTS`.
    """
    stems = [path / name if path.is_dir() else path.with_name(f"{path.name}_{name}") for name in names]
    return [stem.with_name(stem.name + end) for stem in stems for end in ("", ".gz")]


def tenx_files(path: Path) -> list[Path]:
    """Those of the three files that are there."""
    found = (next((file for file in possible_files(path, names) if file.is_file()), None) for names in PARTS)
    return [file for file in found if file is not None]


def tenx_samples(folder: Path) -> list[Path]:
    """Folders and prefixes below a folder that have a matrix, as :func:`possible_files` takes them."""
    found = set()
    for matrix in folder.rglob("*matrix.mtx*"):
        if matrix.name.removesuffix(".gz") == "matrix.mtx":
            found.add(matrix.parent)
        elif matrix.name.removesuffix(".gz").endswith("_matrix.mtx"):
            found.add(matrix.with_name(matrix.name.removesuffix(".gz").removesuffix("_matrix.mtx")))
    return sorted(found)


def addresses(url: str, names: tuple[str, ...]) -> tuple[str, ...]:
    """Where one of the three is fetched from, gzipped: a prefix, or a folder with ``/`` at its end."""
    return tuple(f"{url}{name}.gz" if url.endswith("/") else f"{url}_{name}.gz" for name in names)

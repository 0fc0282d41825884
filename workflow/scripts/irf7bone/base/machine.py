"""What is said where the machine and not the code is at fault: disk, rights, memory."""

from __future__ import annotations

import errno
import os
import resource
import shutil
from pathlib import Path

from irf7bone.base.problem import Problem

_FULL = (errno.ENOSPC, errno.EDQUOT)
_CLOSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def of_the_machine(error: BaseException) -> str:
    """What to say of an exception that the machine is the cause of; nothing of any other.

    The cause may lie behind an exception of a library, so that those before it are looked at as well.
    """
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MemoryError):
            return str(_no_memory(seen))
        if isinstance(seen, OSError) and seen.errno in _FULL:
            return str(_no_room(seen))
        if isinstance(seen, OSError) and seen.errno in _CLOSED:
            return str(
                Problem(
                    str(seen.filename or Path.cwd()),
                    expected="the right to read or write here",
                    found=str(seen.strerror),
                    remedy="change the permissions, or run in a folder of your own (DIR=)",
                )
            )
        seen = seen.__cause__ or seen.__context__
    return ""


def _no_memory(error: MemoryError) -> Problem:
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Problem(
        "memory",
        expected="enough for this job",
        found=f"none left when it held {held:,.0f} MB" + (f" ({error})" if str(error) else ""),
        remedy="run fewer jobs at once (CORES=1), or on a machine with more; what is done stays",
    )


def _no_room(error: OSError) -> Problem:
    # a library may not say which file it was: then the fullest disk that a job writes to
    places = [Path(error.filename)] if error.filename else [Path.cwd(), Path.cwd() / "results"]
    folders = [next(folder for folder in (place, *place.parents) if folder.is_dir()) for place in places]
    free, folder = min((shutil.disk_usage(folder).free, folder) for folder in folders)
    written = sum(path.stat().st_size for path in Path().glob("results/**/*") if path.is_file())
    return Problem(
        str(error.filename or folder),
        expected="room for this file",
        found=f"{os.strerror(error.errno or errno.ENOSPC)}: {free / 1e6:,.1f} MB free in {folder}",
        remedy=f"free some (the results hold {written / 1e6:,.1f} MB so far) and start again: "
        "it goes on from here",
    )

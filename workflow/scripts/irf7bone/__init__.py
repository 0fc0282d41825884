"""irf7bone: is the interferon/IRF7 programme of a tumour related to bone metastasis?

The package holds everything that parses, decides or computes. It never imports Snakemake: the
scripts beside it unpack a job, call one function here and write the result.
"""

import gc
import sys
import types

__version__ = "0.1.0"

# where Snakemake puts the scripts of jobs: its own process, and whoever uses the package, keep what they have
if ".snakemake/scripts/" in "".join(sys.argv[:1]):
    # A job imports half a million objects that live as long as it does. Python looks through them again and
    # again by default, a tenth of its time. Who imports the package as a library keeps their own settings.
    gc.set_threshold(50_000, 20, 50)
    # anndata imports xarray wherever it is installed: half a second of each job, for nothing used here.
    # rdata, which brings it, asks for it where a file of R is read.
    sys.modules.setdefault("xarray", None)  # type: ignore[arg-type]  # Python's way to say that it is not there
    # zarr it cannot do without, but of that it asks two types alone, and no job reads or writes such a store.
    sys.modules["zarr"] = types.ModuleType("zarr")
    vars(sys.modules["zarr"]).update(Array=type("Array", (), {}), Group=type("Group", (), {}))

"""Arrays in, arrays out: hazards, incidence, risk sets, random effects. Knows no table and no settings.

For use from Python: `docs/user/python.md`.
"""

from irf7bone.base.public_names import offered

__all__, __getattr__ = offered(
    __name__,
    {
        "aalen_johansen": "incidence",
        "benjamini_hochberg": "false_discovery",
        "cox_regression": "hazard_models",
        "fine_gray_regression": "hazard_models",
        "firth_regression": "hazard_models",
        "gray_test": "gray",
        "harrell_c": "concordance",
        "logrank_test": "gray",
    },
)

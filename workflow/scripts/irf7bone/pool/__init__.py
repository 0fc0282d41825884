"""Many cohorts: pooled effects, heterogeneity, specification curve.

For use from Python: `docs/user/python.md`.
"""

from irf7bone.base.public_names import offered

__all__, __getattr__ = offered(__name__, {"pool_studies": "few_studies"})

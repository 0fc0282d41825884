"""Random signatures of the same size and matched expression, through the same score and model.

For use from Python: `docs/user/python.md`.
"""

from irf7bone.base.public_names import offered

__all__, __getattr__ = offered(__name__, {"random_gene_sets": "gene_set_draws"})

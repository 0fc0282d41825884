"""Scores: one number per sample, signature and method. For use from Python: `docs/user/python.md`."""

from irf7bone.base.public_names import offered

__all__, __getattr__ = offered(__name__, {"METHODS": "registry", "score_samples": "scores_of_samples"})

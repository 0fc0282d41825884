"""Experiments: groups of samples compared with each other, in human or mouse, beside the cohorts."""

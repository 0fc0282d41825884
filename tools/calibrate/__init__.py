"""Simulations that show how often the workflow's methods err: `make calibrate`."""

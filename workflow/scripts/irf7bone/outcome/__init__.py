"""One cohort's scores and outcomes: its fit plan, models, curves, checks."""

"""Arrays in, arrays out: hazards, incidence, risk sets, random effects. Knows no table and no settings."""

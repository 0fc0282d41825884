"""Many cohorts: pooled effects, heterogeneity, specification curve."""

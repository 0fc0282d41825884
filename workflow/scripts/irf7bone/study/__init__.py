"""What Snakemake loads at each start: settings, cards, checks, provenance. No numpy and no pandas."""

"""Single cells: read in blocks, reduced to one sample a patient, site and compartment, and judged as such."""

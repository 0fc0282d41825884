"""Random signatures of the same size and matched expression, through the same score and model."""

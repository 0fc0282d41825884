"""Gene symbols, signatures, and the way from mouse to human."""

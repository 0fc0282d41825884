"""Every table that passes between stages, declared once."""

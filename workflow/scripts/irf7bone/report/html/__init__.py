"""The page: markup of cells, tables, figures and sections in one self-contained file."""

"""The report: sentences, methods text and one self-contained HTML file, all made from the tables."""

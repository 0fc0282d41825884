"""How fast the engines are, and their peers, on the same data in the same run."""

"""From what a source holds to the AnnData contract, with every loss counted."""

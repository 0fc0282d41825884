"""What the sources of a card hold, read without deciding anything: one adapter a kind of source."""

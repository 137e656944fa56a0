"""Standing trials: a board tries by itself what is new in the catalogue."""

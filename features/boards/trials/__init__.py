"""Standing trials: a board tries new models of the catalogue by itself."""

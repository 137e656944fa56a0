"""Apps that are made of runs; each could be taken out."""

"""What people make of the catalogue: marks, collections, notes, saved searches."""

"""What changed in the catalogue: records it and shows it."""

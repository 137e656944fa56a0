"""How processes wake each other."""

"""The search through results: what a line of words asks for, and the index that answers it."""

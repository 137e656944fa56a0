"""Labels and language names for people, and the words that field names contain."""

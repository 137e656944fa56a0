"""Words for people: labels and languages, and the words that field names contain."""

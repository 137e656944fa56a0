"""Pictures from words, and from pictures."""

"""What belongs to a model: its family, what is like it, and who takes its results."""

"""A board as one page for whoever decides: gathered, kept, shown, and taken away."""

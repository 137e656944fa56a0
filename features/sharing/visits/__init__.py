"""Visitors of shares: who counts as one, who only guesses, and what a preview shows."""

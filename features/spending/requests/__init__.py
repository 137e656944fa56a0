"""Asking for more than a budget has left, or for a run above the house's ceiling."""

"""Asking for more than a budget has left, or for a locked model."""

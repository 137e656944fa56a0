"""Extreme texts, numbers and times are refused, and never cause a server error."""

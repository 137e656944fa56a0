"""Prepares the pages of training."""

"""Filters: what holds of a model, and what a question may ask of it, in one vocabulary."""

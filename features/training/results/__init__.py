"""Weights that trainings have produced, and where they are used."""

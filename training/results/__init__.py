"""Weights that trainings have made, and where they are used."""

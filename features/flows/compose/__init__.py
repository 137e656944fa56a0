"""Builds a flow: its definition, compatible models, its form."""

"""Runs a flow step by step, each step as an ordinary run."""

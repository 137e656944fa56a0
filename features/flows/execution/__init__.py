"""Runs a flow step by step; each step is an ordinary run."""

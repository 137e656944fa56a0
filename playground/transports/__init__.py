"""How a run travels to upstream: what a model offers, and the ways that are one connection for each run."""

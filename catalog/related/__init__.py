"""Models related to a model: its family, similar models, and models that take its results."""

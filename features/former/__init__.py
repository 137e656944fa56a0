"""Features that have left: their migrations, until 0.4.0."""

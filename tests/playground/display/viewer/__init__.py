"""What the viewer shows of a result."""

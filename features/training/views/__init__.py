"""HTTP views below `/training/`."""

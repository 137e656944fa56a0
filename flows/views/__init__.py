"""HTTP views of flows."""

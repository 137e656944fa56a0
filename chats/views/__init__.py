"""HTTP views of conversations."""

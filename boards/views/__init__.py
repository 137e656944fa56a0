"""HTTP views of boards."""

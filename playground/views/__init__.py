"""HTTP views of the playground, one module per resource."""

"""The models' code, imported on first use: modules here may import heavy libraries."""

"""The models' contracts: schemas in fal's dialect, OpenAPI documents, validation."""

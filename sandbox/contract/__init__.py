"""What models promise: schemas in fal's dialect, their documents, validation by them."""

"""The pages of the catalogue, one file a subject."""

"""Changes between two versions of a document, and arguments migrated to the newer."""

"""A form and what fills it: drawn from a schema, kept while it is typed, saved, linked, mended, carried over."""

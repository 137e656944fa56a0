"""References (`@bottle`): their form, pictures, storage, and use in runs."""

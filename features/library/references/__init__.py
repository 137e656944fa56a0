"""References (`@bottle`): what is typed of them, their pictures, storage, and use in runs."""

"""Questions about the catalogue, search and sync, and the made-up catalogues they are asked on."""

"""Where work lives and who may do what in it: projects and their members."""

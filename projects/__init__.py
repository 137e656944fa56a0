"""Projects, in which all work lives; their members, roles, rules and kept things."""

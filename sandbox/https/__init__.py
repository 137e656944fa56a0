"""fal's host names over https: a local certificate authority, hosts by their Host header."""

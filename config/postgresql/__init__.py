"""PostgreSQL as Django knows it, with what is told to others on one trip with the commit."""

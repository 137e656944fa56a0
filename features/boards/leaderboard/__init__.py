"""The house's leaderboard: the judgements of all boards that a viewer may see, added up."""

"""The house's leaderboard: what its boards found, added up over all that a viewer may see."""

"""Reviews: picks, ratings, comments, versions, and the summary for makers."""

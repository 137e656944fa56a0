"""What people say on a share: picks, ratings, comments, versions; and how it comes back."""

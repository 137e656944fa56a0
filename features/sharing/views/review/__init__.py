"""The pages of a review, for its visitors and for its makers."""

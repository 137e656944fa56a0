"""Training: data sets, the forms of trainers, and the weights that come of them."""

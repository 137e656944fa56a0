"""Training: data sets, the forms of trainers, and the resulting weights."""

"""What holds of a model, and what a question may ask of it: one vocabulary for both."""

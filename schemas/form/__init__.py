"""Arguments ⇄ form post: names of controls, decoding, encoding, what each control shows."""

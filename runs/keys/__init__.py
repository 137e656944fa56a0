"""Keys of the fal account for single projects: enter, try, encrypt and use them."""

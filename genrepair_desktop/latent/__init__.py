"""Two-dimensional maps of latents: numpy in, numpy out."""

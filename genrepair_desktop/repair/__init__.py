"""Methods that fix pixels, and the one pipeline that runs them."""

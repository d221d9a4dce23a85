"""Small widgets without state of their own, shared by every panel."""

"""Which models exist, and how to get one."""

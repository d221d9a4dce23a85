"""How long work runs: cancel, progress, the queue. No Qt, so the command line runs the same jobs."""

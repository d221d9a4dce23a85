"""Models that make pixels."""

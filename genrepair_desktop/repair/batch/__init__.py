"""One recipe over many files: planned, spread over limited worker processes, journalled and reported."""

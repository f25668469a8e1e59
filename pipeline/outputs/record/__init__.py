"""Results of record: of a finished study what is kept for good, small, and enough to find its verdicts again."""

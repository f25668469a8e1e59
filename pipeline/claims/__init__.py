"""Claims answered: from declared conditions and recorded values to verdicts that say themselves in words."""

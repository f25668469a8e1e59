"""Report for people: the pipeline's files in, self-contained HTML pages out."""

"""The five write-ups: worked exercises, questions, errata, printed figures, the list of their rows.

Nothing else imports this package: without it, and without the write-ups' studies in params.yaml, the tool is whole.
What was written is data (`data/*.yaml`); its entries name computed values (`values.compute_values`).
"""

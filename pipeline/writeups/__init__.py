"""The analytic exercises of the write-ups: worked solutions computed by code, answered questions, errata."""

from pipeline.writeups.exercises import solve

__all__ = ["solve"]

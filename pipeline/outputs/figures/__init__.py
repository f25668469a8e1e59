"""Figures of the report: numbers in, a matplotlib `Figure` out; no disk, no global state."""

"""Evaluation of finished runs: the only package whose jobs are given test images."""

"""Decisions that were spoken and written down by a practitioner: which one stands, its evidence, and the paper's code."""

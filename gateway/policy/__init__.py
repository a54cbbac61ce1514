"""The policy decision: one question, one answer for all sources, whichever engine answers it."""

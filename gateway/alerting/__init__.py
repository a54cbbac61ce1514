"""Alerts: the facts that the rules of `audit.alerts` are told, and what stands in the database of them."""

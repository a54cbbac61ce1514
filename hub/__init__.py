"""The team hub: a reference partner application for multi-agency teams.

A program of its own: its own database, sign-in and pages. It reaches the gateway through the public HTTP API alone
(hub/gateway.py) and imports none of the gateway's packages. What a team must keep (cases, tasks, plans, outcomes) is kept
here; what other organisations keep is shown while a page is written, and never stored. See docs/hub.md.
"""

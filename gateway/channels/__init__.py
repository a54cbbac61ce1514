"""Telling residents, by the channel they chose, that something waits for them: an outbox, its worker, and the channels.

A message never says who asks, what for, or who is meant, and holds no link with an identifier: whoever reads over a
shoulder learns that somebody has an account here, and no more. Somebody for whom even that is a danger is not reached.
"""

"""INTERACT: a home that is good for one's health, by a small team of several bodies around one person at a time."""

"""What the journey through the running house needs: the demonstration, a practitioner, and eyes on every page."""

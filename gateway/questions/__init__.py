"""What residents ask about a look at them, the clock by which it has to be answered, and the answers."""

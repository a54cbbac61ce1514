"""The words that people hear or read before they agree: in versions, with who worked on them."""

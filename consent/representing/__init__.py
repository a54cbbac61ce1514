"""Who may decide for somebody else: stated authorities, the pure rules about them, and where they rest."""

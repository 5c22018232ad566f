"""The rules file: `rules_file` reads a whole one, the other modules its sections."""

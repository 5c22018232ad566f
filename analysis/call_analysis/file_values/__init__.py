"""Values of a rules file: how each kind is read, and its JSON schema."""

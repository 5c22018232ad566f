"""Tab of the server's figures: metrics read, kept and drawn."""

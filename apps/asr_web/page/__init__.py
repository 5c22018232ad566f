"""The page as a whole: its frame, texts, and the markup that tabs share."""

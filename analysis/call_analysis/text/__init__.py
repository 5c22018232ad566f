"""Text of calls: folding, phrase search with negation, n-grams, language."""

"""The model: its network, tokenizer, prompt, losses and checkpoint."""

"""Evaluation of the trained model under several conditions."""

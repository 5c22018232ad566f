"""Requests to the server: what is sent, how often it is tried, and over which connection."""

"""Synthesis of the sample calls; needed only to change them (see demo/README.md)."""

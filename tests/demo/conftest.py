"""`demo/` is no package; its modules are imported from the folder."""

from __future__ import annotations

"""The load test is a folder of scripts; its modules are found the way Locust finds them."""

from __future__ import annotations

"""Errors of the launcher.

ServerError              the server cannot be started or kept running
├── NotInstalled         the server's files are missing from this environment
├── NoRepository         there is no exported model where one was expected
├── PortInUse            a port that was asked for is taken
├── StartupFailed        the server ended, or did not answer in time, while starting
└── GaveUp               the server failed again and again after restarts
"""

from __future__ import annotations


class ServerError(Exception):
    """The server cannot be started or kept running."""


class NotInstalled(ServerError):
    """The server's files are missing from this environment."""


class NoRepository(ServerError):
    """There is no exported model where one was expected."""


class PortInUse(ServerError):
    """A port that was asked for is taken."""


class StartupFailed(ServerError):
    """The server ended, or did not answer in time, while starting."""


class GaveUp(ServerError):
    """The server failed again and again after restarts."""

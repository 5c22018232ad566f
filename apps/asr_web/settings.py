"""Settings of the web desk, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from asr_client import ClientSettings

LANGUAGES = ("zh", "en")  # of the page
_MAX_PORT = 65535


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the page listens, which server it uses, and its limits.

    `metrics_address` is the host:port of the server's metrics page. The work of a closed browser tab is kept
    for `keep_s`.
    """

    host: str = "127.0.0.1"
    port: int = 7860  # 0 picks a free port
    client: ClientSettings = field(default_factory=ClientSettings)
    metrics_address: str = "127.0.0.1:8002"
    rules: Path | None = None
    language: str = "zh"  # of the page, when the browser prefers none of LANGUAGES
    max_upload_mb: int = 1024
    max_batch_files: int = 500
    num_interactive: int = 16  # calls transcribed at once for the tabs Record and Upload
    num_bulk: int = 4  # files transcribed at once, of all batches together
    keep_s: float = 900.0

    def __post_init__(self) -> None:
        if not 0 <= self.port <= _MAX_PORT:
            raise ValueError(f"port is {self.port}; expected 0 to {_MAX_PORT}")
        if self.language not in LANGUAGES:
            raise ValueError(f"language is {self.language!r}; expected one of {', '.join(LANGUAGES)}")
        host, _, port = self.metrics_address.rpartition(":")
        if not host or "/" in host or not port.isdecimal() or int(port) > _MAX_PORT:
            raise ValueError(f"metrics address is {self.metrics_address!r}; expected host:port")
        for name in ("max_upload_mb", "max_batch_files", "num_interactive", "num_bulk", "keep_s"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}; expected more than 0")

    @property
    def max_upload_bytes(self) -> int:
        """Largest upload in bytes."""
        return self.max_upload_mb << 20

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the page."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")

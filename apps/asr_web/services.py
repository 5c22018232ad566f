"""What the page is made of behind the scenes, handed to every tab and route."""

from __future__ import annotations

from dataclasses import dataclass

from asr_web.desks import Desk, Desks
from asr_web.inbox import Inbox
from asr_web.page.texts import Texts, texts
from asr_web.settings import WebSettings
from asr_web.system.metrics_history import MetricsHistory


@dataclass(frozen=True, slots=True)
class Services:
    """Everything with a state, and the settings."""

    settings: WebSettings
    inbox: Inbox
    desks: Desks
    history: MetricsHistory

    @property
    def default_texts(self) -> Texts:
        """Before the browser has said which language it wants."""
        return texts(self.settings.language)

    def desk(self, key: str, language: str) -> Desk:
        """The desk of a browser tab; its language is the one last chosen there."""
        desk = self.desks.get(key)
        desk.language = desk.language or language or self.settings.language
        return desk

    @property
    def server_is_down(self) -> bool:
        """Whether the last look at the server failed."""
        return self.history.condition in ("down", "failed")

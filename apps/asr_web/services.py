"""Services behind the page, passed to every tab and route."""

from __future__ import annotations

from dataclasses import dataclass

from asr_web.desks import Desk, Desks
from asr_web.inbox import Inbox
from asr_web.page.texts import Texts, texts
from asr_web.settings import WebSettings
from asr_web.system.metrics_history import MetricsHistory, ServerCondition


@dataclass(frozen=True, slots=True)
class Services:
    """The settings and the objects with state."""

    settings: WebSettings
    inbox: Inbox
    desks: Desks
    history: MetricsHistory

    @property
    def default_texts(self) -> Texts:
        """Texts until the browser has said which language it prefers."""
        return texts(self.settings.language)

    def desk(self, key: str, language: str) -> Desk:
        """The desk of a browser tab. A new desk takes `language`, or else the language of the settings."""
        desk = self.desks.get(key)
        desk.language = desk.language or language or self.settings.language
        return desk

    @property
    def server_is_down(self) -> bool:
        """Whether the last metrics sample was missing or reported an unhealthy engine."""
        return self.history.condition in (ServerCondition.DOWN, ServerCondition.FAILED)

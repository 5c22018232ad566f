"""What the page shows of calls: markup in names and transcripts stays text, times are right."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from asr_web.batch.batch import BatchCounts
from asr_web.batch.batch_table import batch_rows
from asr_web.call.call_run import CallRun, Cancelled, Failed, Waiting, Working
from asr_web.call.call_view import call_fragment
from asr_web.desks import TabName
from asr_web.failures import Failure, FailureKind
from asr_web.page.fragments import render
from asr_web.page.texts import texts
from tests.web.finished_calls import HOSTILE, SettledRun, finished, transcript


class Elements(HTMLParser):
    """Names and attributes of all elements, and the text between them."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


def shown(run: CallRun | None, language: str = "en", place: TabName = TabName.UPLOAD) -> Elements:
    return Elements(call_fragment(run, texts(language), place, "desk/key", server_down=False))


HOSTILE_CALL = finished(transcript((("agent", 0.0, 2.0, HOSTILE), ("customer", 2.0, 4.0, f"投诉{HOSTILE}"))))
STATES = [
    Waiting(),
    Working(1, 3),
    Working(),
    Cancelled(),
    Failed(Failure(FailureKind.CORRUPT, HOSTILE)),
    HOSTILE_CALL,
]


@pytest.mark.parametrize("place", list(TabName))
@pytest.mark.parametrize("state", STATES, ids=lambda state: type(state).__name__)
def test_markup_in_names_and_transcripts_is_text(state: object, place: TabName) -> None:
    elements = shown(SettledRun(state, name=HOSTILE), place=place)  # type: ignore[arg-type]
    assert not {"script", "img"} & set(elements.names)
    assert not [name for name, _ in elements.attributes if name.startswith("on")]
    # In "waiting" the name is not shown at all.
    assert HOSTILE in elements.text or isinstance(state, Waiting)


def test_markup_in_a_batch_is_text() -> None:
    rows = batch_rows([SettledRun(state, name=HOSTILE) for state in STATES])  # type: ignore[arg-type]
    markup = render(
        "batch", texts("en"), rows=rows, counts=BatchCounts(6, 1, 1, 1, 1), base="desk/key", notice=""
    )
    elements = Elements(markup)
    assert not {"script", "img"} & set(elements.names)
    assert elements.text.count(HOSTILE) >= len(STATES)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_finished_call_has_turns_to_play_a_picture_and_its_downloads(language: str) -> None:
    elements = shown(SettledRun(finished()), language)
    places = [float(value or 0) for name, value in elements.attributes if name == "data-play"]
    assert {0.5, 3.0, 16.0, 18.5} <= set(places)
    assert "svg" in elements.names
    links = [value for name, value in elements.attributes if name == "href"]
    assert [str(link).rpartition("/")[2] for link in links] == [
        "text", "json", "srt", "vtt", "markdown", "tsv", "report",
    ]  # fmt: skip
    assert "不归我管" in elements.text


def test_nothing_is_shown_where_there_is_no_call() -> None:
    assert call_fragment(None, texts("en"), TabName.UPLOAD, "desk/key", server_down=False) == ""


def test_a_call_without_speech_says_so() -> None:
    silent = finished(transcript(()))
    assert texts("en")("call.no_speech") in shown(SettledRun(silent)).text


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("kind", map(FailureKind, ("unsupported", "corrupt", "unavailable", "internal")))
def test_a_failure_says_what_happened_and_offers_to_try_again_where_that_may_help(
    language: str, kind: FailureKind
) -> None:
    elements = shown(SettledRun(Failed(Failure(kind, "details"))), language)
    assert texts(language)(f"failure.{kind}") in elements.text
    # A damaged file stays damaged.
    assert (("data-action", "again") in elements.attributes) == (kind in ("unavailable", "internal"))


def test_waiting_for_a_server_that_is_down_is_said() -> None:
    markup = call_fragment(
        SettledRun(Working(0, 3)), texts("en"), TabName.UPLOAD, "desk/key", server_down=True
    )
    assert texts("en")("run.waiting_server") in markup

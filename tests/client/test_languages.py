"""Languages by code and by name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asr_client import AsrClient
from asr_client.errors import InvalidOption
from asr_client.languages import LANGUAGES, language_name
from tests.client.client_audio import RATE, utterances
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[..., ScriptedServer]
Connect = Callable[..., AsrClient]


def test_the_table_is_the_models() -> None:
    """The exporter reads it from the model's own processor and writes it into every export."""
    processing = pytest.importorskip("transformers.models.qwen3_asr.processing_qwen3_asr")
    assert len(LANGUAGES) == 30
    assert LANGUAGES == processing.LANGUAGE_CODE_TO_NAME


@pytest.mark.parametrize("code", LANGUAGES)
def test_codes_and_names_in_any_case_are_known(code: str) -> None:
    name = LANGUAGES[code]
    assert {language_name(form) for form in (code, code.upper(), name, name.lower(), f"{code}-XX")} == {name}


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("zh-CN", "Chinese"),
        ("zh_TW", "Chinese"),
        ("Mandarin", "Chinese"),
        ("pt-BR", "Portuguese"),
        ("tl", "Filipino"),
    ],
)
def test_usual_other_forms_are_known(given: str, name: str) -> None:
    assert language_name(given) == name


@pytest.mark.parametrize("given", ["Klingon", "xx", "", "chinese english"])
def test_anything_else_is_refused_with_what_is_known(given: str) -> None:
    with pytest.raises(InvalidOption, match=r"Cantonese \(yue\)"):
        language_name(given)


def test_a_wrong_language_is_refused_before_anything_is_sent(serve: Serve, connect: Connect) -> None:
    server = serve()
    with pytest.raises(InvalidOption, match="Klingon"):
        connect(server.address).transcribe(utterances(1), sample_rate=RATE, language="Klingon")
    assert server.received == []


def test_a_call_has_the_language_spoken_longest_and_its_segments_keep_theirs(
    serve: Serve, connect: Connect
) -> None:
    def script(request: Received) -> Step:
        return Reply("hello", "English") if request.count in (1, 2) else Reply("你好", "Chinese")

    transcript = connect(serve(script).address, concurrency=1).transcribe(utterances(5), sample_rate=RATE)
    assert transcript.language == "Chinese"
    assert [segment.language for segment in transcript.segments] == [
        "Chinese", "English", "English", "Chinese", "Chinese",
    ]  # fmt: skip

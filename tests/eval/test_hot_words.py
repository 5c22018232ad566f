"""Names and terms: what was said and came out, and what came out without having been said."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from asr_cli.main import main
from asr_eval.hot_words import occurrences
from asr_eval.normalization import Normalization
from tests.client.scripted_server import Received, Reply, ScriptedServer, Step

Serve = Callable[[Callable[[Received], Step]], ScriptedServer]


@pytest.mark.parametrize(
    ("term", "text", "language", "count"),
    [
        ("art", "Art is a part of the art.", "English", 2),
        ("power cord", "a Power-Cord, the power of a cord", "English", 1),
        ("twenty five", "room 25", "English", 1),
        ("保修期", "还在保修期内，保修期。", "Chinese", 2),
        ("iPhone", "我的iphone坏了", "Chinese", 1),
        ("三百元", "三百元和300元", "Chinese", 2),
        ("保修", "we said 延长保修 here", "English", 1),
        ("…", "nothing…", "English", 0),
        ("保修", "", "", 0),
    ],
)
def test_terms_are_found_as_whole_words_or_letter_by_letter(
    term: str, text: str, language: str, count: int
) -> None:
    assert occurrences(term, text, language, Normalization.LENIENT) == count


@pytest.fixture
def terms(manifest: Path) -> Path:
    """Two recordings with terms, one of them said, and one recording without."""
    rows = [
        {"audio": "a.wav", "text": "我要退货", "language": "zh", "terms": ["退货", "保修期"]},
        {"audio": "b.wav", "text": "我要换货", "language": "zh", "terms": ["换货", "发票"]},
        {"audio": "two.flac", "text": "good bye", "language": "en", "channel": 1},
    ]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return manifest


def evaluated(manifest: Path, server: ScriptedServer, *words: str) -> dict[str, Any]:
    out = manifest.parent / "report"
    assert main(["evaluate", str(manifest), "--address", server.address, "--out", str(out), *words]) == 0
    document: dict[str, Any] = json.loads((out / "evaluation.json").read_text(encoding="utf-8"))
    return document


def test_every_recording_is_run_without_and_with_its_terms(
    serve: Serve, terms: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without terms the model mishears both; with them it hears one and writes two that nobody said."""

    def script(received: Received) -> Step:
        context = received.parameters.get("context")
        if context is None:
            return Reply(text="我要对火", language="Chinese")
        return Reply(text="我要退货和保修期" if "退货" in context else "发票你好我要换", language="Chinese")

    server = serve(script)
    report = evaluated(terms, server, "--hot-words")
    assert sorted(received.parameters.get("context", "") for received in server.received) == [
        *[""] * 4,  # the recording of two channels, both times
        *[""] * 2,
        "换货 发票",
        "退货 保修期",
    ]
    without, given = report["terms"]
    assert (without["degradation"], given["degradation"]) == ("as recorded", "as recorded, terms given")
    assert (without["said"], without["found"], without["unsaid"], without["invented"]) == (2, 0, 2, 0)
    assert (given["said"], given["found"], given["unsaid"], given["invented"]) == (2, 1, 2, 2)
    printed = capsys.readouterr().out
    assert "| Chinese | as recorded, terms given | 2 | 2 | 1 (50.0 %) | 2 | 2 | 0 |" in printed
    assert "| as recorded | as recorded, terms given |" in printed  # the error rates of both


def test_an_answer_that_the_client_did_not_take_is_counted(serve: Serve, terms: Path) -> None:
    """All terms and nothing else: the client asks once more without them."""

    def script(received: Received) -> Step:
        context = received.parameters.get("context", "")
        return Reply(text=context or "你好", language="Chinese")

    _, given = evaluated(terms, serve(script), "--hot-words")["terms"]
    assert (given["taken_out"], given["invented"], given["found"]) == (2, 0, 0)


def test_without_the_option_terms_are_neither_sent_nor_counted(serve: Serve, terms: Path) -> None:
    server = serve(lambda _: Reply(text="你好", language="Chinese"))
    assert evaluated(terms, server)["terms"] == []
    assert not any("context" in received.parameters for received in server.received)


def test_a_test_set_without_terms_is_refused(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(manifest), "--hot-words"]) == 2
    assert "set.jsonl has no terms, and --hot-words counts them" in capsys.readouterr().err

"""The page's own addresses through the real HTTP server; the transcription server is not there."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np
import pytest
import soundfile

from asr_cli.main import main
from asr_web.workspace import workspace
from tests.web.desk_process import DeskProcess

HOSTILE_NAME = "../<script>alert(1)</script>\u202egpj.wav"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskProcess]:
    nowhere = ("--address", "127.0.0.1:9", "--metrics", "127.0.0.1:9")
    with DeskProcess(tmp_path_factory.mktemp("desk"), *nowhere, "--max-upload-mb", "1") as running:
        yield running


class Browser:
    """Plain HTTP requests of one browser tab."""

    def __init__(self, desk: DeskProcess) -> None:
        self._address = urlsplit(desk.url).netloc
        self.key = secrets.token_hex(16)

    def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._address, timeout=60)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): v for name, v in headers.items()})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def upload(self, content: bytes, name: str = "call.wav") -> tuple[int, dict[str, str]]:
        status, _, body = self.ask("POST", f"/desk/{self.key}/files", content, X_File_Name=quote(name))
        return status, json.loads(body)


@pytest.fixture
def browser(desk: DeskProcess) -> Browser:
    return Browser(desk)


@pytest.fixture(scope="module")
def wav(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path: Path = tmp_path_factory.mktemp("audio") / "call.wav"
    soundfile.write(path, np.zeros(8000, np.int16), 16000)
    return path.read_bytes()


def test_the_page_comes_whole_from_this_machine(browser: Browser) -> None:
    status, _, page = browser.ask("GET", "/")
    assert status == 200
    assert b"desk/static/desk.css" in page
    assert browser.ask("GET", "/desk/static/desk.css")[0] == 200
    for script in (b"window.desk =", b"desk.picker =", b"desk.recorder ="):
        assert script in page
    # Linked ones may come after Gradio has used them.
    assert b"desk/static/desk.js" not in page
    assert b"fonts.googleapis" not in page
    assert b'"analytics_enabled":false' in page.replace(b" ", b"")


def test_an_upload_is_taken_and_the_same_bytes_twice_are_two_uploads(browser: Browser, wav: bytes) -> None:
    first, second = browser.upload(wav), browser.upload(wav)
    assert first[0] == second[0] == 200
    assert first[1]["id"] != second[1]["id"]


@pytest.mark.parametrize(("size", "status", "reason"), [((1 << 20) + 1, 413, "too_large"), (0, 400, "empty")])
def test_a_huge_or_empty_upload_is_refused_with_its_reason(
    browser: Browser, size: int, status: int, reason: str
) -> None:
    assert browser.upload(b"\0" * size) == (status, {"refused": reason})


def test_an_upload_that_hides_its_size_is_cut_off(browser: Browser, desk: DeskProcess) -> None:
    before = desk.uploads
    blocks = (b"\0" * 65536 for _ in range(40))
    status, _, body = browser.ask("POST", f"/desk/{browser.key}/files", blocks, X_File_Name="long.wav")  # type: ignore[arg-type]
    assert (status, json.loads(body)) == (413, {"refused": "too_large"})
    assert desk.uploads == before


def test_another_sites_form_cannot_upload(browser: Browser, wav: bytes) -> None:
    status, _, _ = browser.ask("POST", f"/desk/{browser.key}/files", wav, Origin="http://elsewhere.example")
    assert status == 400


def test_a_name_that_resolves_to_this_machine_is_refused(browser: Browser) -> None:
    assert browser.ask("GET", "/", Host="elsewhere.example")[0] == 400


def test_names_lead_out_of_no_folder(browser: Browser, desk: DeskProcess, wav: bytes) -> None:
    status, answer = browser.upload(wav, HOSTILE_NAME)
    assert status == 200
    (stored,) = (path for path in desk.uploads if path.parent.name == answer["id"])
    assert "\u202e" not in stored.name
    assert stored.suffix == ".wav"


@pytest.mark.parametrize("path", ["files/{id}", "upload/srt", "batch/zip"])
def test_nobody_reads_from_a_desk_without_its_key(browser: Browser, wav: bytes, path: str) -> None:
    answer = browser.upload(wav)[1]
    stranger = secrets.token_hex(16)
    assert browser.ask("GET", f"/desk/{stranger}/{path.format(id=answer['id'])}")[0] == 404


@pytest.mark.parametrize("name", ["../server.py", "%2e%2e%2fserver.py", "nothing.js"])
def test_only_the_style_and_scripts_are_served_from_the_package(browser: Browser, name: str) -> None:
    assert browser.ask("GET", f"/desk/static/{name}")[0] == 404


def test_gradios_own_upload_is_closed(browser: Browser, wav: bytes) -> None:
    form = (
        b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
        + wav
        + b"\r\n--b--\r\n"
    )
    content_type = "multipart/form-data; boundary=b"
    assert browser.ask("POST", "/gradio_api/upload", form, Content_Type=content_type)[0] == 404


Asr = Callable[..., tuple[int, str]]


@pytest.fixture
def asr(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asr:
    """`asr …` in this process, which keeps its own signals: exit status and standard error."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("GRADIO_ANALYTICS_ENABLED", "False")
    return lambda *words: (main(list(words)), capsys.readouterr().err)


def test_a_taken_port_is_refused_by_name(desk: DeskProcess, asr: Asr) -> None:
    port = str(urlsplit(desk.url).port)
    status, said = asr("web", "--port", port)
    assert (status, f"cannot listen on 127.0.0.1:{port}" in said) == (1, True)


@pytest.mark.parametrize(
    ("option", "value"),
    [("--port", "70000"), ("--metrics", "nowhere"), ("--max-upload-mb", "0"), ("--rules", "missing.yaml")],
)
def test_what_cannot_be_used_is_named(asr: Asr, option: str, value: str) -> None:
    status, said = asr("web", "--port", "0", option, value)
    assert (status, value in said) == (2, True)


def test_what_a_killed_desk_left_is_removed_by_the_next_and_what_one_works_on_is_not(
    desk: DeskProcess, browser: Browser, wav: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.upload(wav)[0] == 200
    in_use = desk.uploads
    monkeypatch.setattr("tempfile.tempdir", str(desk.folder))
    left = desk.folder / "asr-web-left"
    killed = "import os, sys; from asr_web.workspace import workspace\n"
    killed += "with workspace() as folder: folder.rename(sys.argv[1]); os._exit(9)"
    ended = subprocess.run(
        [sys.executable, "-c", killed, str(left)], env={**os.environ, "TMPDIR": str(desk.folder)}, check=False
    )
    assert ended.returncode == 9
    assert left.exists()
    with workspace() as mine:
        assert not left.exists()
        assert desk.uploads == in_use
    assert not mine.exists()


def test_uploads_are_gone_when_it_ends(desk: DeskProcess, browser: Browser, wav: bytes) -> None:
    assert browser.upload(wav)[0] == 200
    assert desk.uploads
    assert desk.stop() == 0
    assert not list(desk.folder.glob("asr-web-*"))
    assert "Traceback" not in desk.log

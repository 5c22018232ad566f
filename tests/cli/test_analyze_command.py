"""`asr analyze` as a user runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from asr_types.transcript import Transcript
from call_analysis.report import report_from_dict
from call_analysis.rules_file.rules_file import default_rules_text, load_rules
from tests.analysis.dialogue import call

pytestmark = pytest.mark.slow  # each test runs the command as a process

REFUND = call("customer: 我要退款", "agent: 您好，请稍等，谢谢。")
PRICE = call("How much is it?", language="English")


def asr_analyze(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "asr_cli", "analyze", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, timeout=60)


def write(path: Path, *transcripts: Transcript) -> Path:
    lines = [json.dumps(transcript.to_dict(), ensure_ascii=False) for transcript in transcripts]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_a_transcript_becomes_readable_text(tmp_path: Path) -> None:
    done = asr_analyze(write(tmp_path / "call.json", REFUND))
    assert (done.returncode, done.stderr) == (0, "")
    assert "refund 0.9" in done.stdout
    assert "“退款”" in done.stdout


def test_json_is_a_report_that_reads_back(tmp_path: Path) -> None:
    done = asr_analyze(write(tmp_path / "call.json", REFUND), "--json")
    assert report_from_dict(json.loads(done.stdout)).main_intent.name == "refund"


def test_lists_json_lines_and_standard_input_are_read(tmp_path: Path) -> None:
    lines = write(tmp_path / "lines.jsonl", REFUND, PRICE)
    listed = tmp_path / "list.json"
    listed.write_text(json.dumps([REFUND.to_dict(), PRICE.to_dict()]), encoding="utf-8")
    done = asr_analyze(lines, listed, "-", "--json", stdin=json.dumps(PRICE.to_dict(), indent=2))
    reports = [report_from_dict(json.loads(line)) for line in done.stdout.splitlines()]
    assert [report.main_intent.name for report in reports] == ["refund", "price", "refund", "price", "price"]


def test_out_writes_one_report_for_each_call(tmp_path: Path) -> None:
    one, two = write(tmp_path / "one.json", REFUND), write(tmp_path / "two.json", REFUND, PRICE)
    done = asr_analyze(one, two, "--json", "--out", tmp_path / "new" / "reports")
    assert (done.returncode, done.stdout) == (0, "")
    names = sorted(path.name for path in (tmp_path / "new" / "reports").iterdir())
    assert names == ["one.report.json", "two-1.report.json", "two-2.report.json"]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", "the file is empty"),
        (b"[]", "the list is empty"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8 text"),
        (b"[1]", "not a transcript"),
        (b"{}", "schema_version is missing"),
        (b'{"schema_version": "9.0"}', "transcript schema version is '9.0'; this version reads 1.1"),
        (b'{"schema_version": "1.0"}', "not a transcript: metadata is missing"),
        (b"[" * 100_000, "nested too deeply"),
        (None, "cannot be read: No such file or directory"),
    ],
)
def test_a_bad_file_is_named_and_does_not_stop_the_others(
    tmp_path: Path, content: bytes | None, error: str
) -> None:
    bad = tmp_path / "bad.json"
    if content is not None:
        bad.write_bytes(content)
    done = asr_analyze(bad, write(tmp_path / "good.json", REFUND))
    assert done.returncode == 1
    assert "refund 0.9" in done.stdout
    first, last = done.stderr.splitlines()
    assert str(bad) in first
    assert error in first
    assert last == "asr analyze: 1 of 2 files failed"


def test_own_rules_are_used_and_bad_ones_refused(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        default_rules_text().replace("    refund:\n", "    give-back:\n").replace("refund]", "give-back]")
    )
    transcript = write(tmp_path / "call.json", REFUND)
    done = asr_analyze(transcript, "--rules", rules)
    assert "give-back 0.85" in done.stdout, done.stderr
    rules.write_text("version: 3\n")
    done = asr_analyze(transcript, "--rules", rules)
    assert done.returncode == 2
    assert done.stderr.startswith(f"asr analyze: {rules}:1: ")


def test_shown_rules_are_the_default_rules(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(asr_analyze("--show-rules").stdout, encoding="utf-8")
    assert load_rules(path).sha256 == load_rules().sha256


def test_wrong_usage_is_status_2(tmp_path: Path) -> None:
    assert asr_analyze().returncode == 2
    assert asr_analyze("x.json", "--json", "--text").returncode == 2
    done = asr_analyze(tmp_path / "a" / "x.json", tmp_path / "b" / "x.json", "--out", tmp_path)
    assert (done.returncode, "would overwrite each other" in done.stderr) == (2, True)


def test_an_output_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = asr_analyze(write(tmp_path / "call.json", REFUND), "--out", tmp_path / "file")
    assert done.returncode == 1
    assert done.stderr.startswith("asr analyze: ")
    assert "Traceback" not in done.stderr


def test_importing_the_package_needs_no_yaml() -> None:
    program = "import call_analysis, sys; sys.exit('yaml' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

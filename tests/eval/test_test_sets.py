"""Manifests and the layouts of public corpora."""

from __future__ import annotations

from pathlib import Path

import pytest

from asr_eval.corpus import read_test_set
from asr_eval.errors import BadTestSet
from asr_eval.utterance import Utterance


def test_json_lines_and_csv_say_the_same(manifest: Path) -> None:
    table = manifest.with_suffix(".csv")
    table.write_text(
        "audio,text,language,condition,channel\n"
        "a.wav,我要退货,zh,office,\nb.wav,我要退货,Chinese,street,\n"
        "two.flac,good morning,en,,0\ntwo.flac,good bye,en,,1\nsilence.flac,,,,\n",
        encoding="utf-8-sig",
    )
    utterances = read_test_set(manifest)
    assert read_test_set(table) == utterances
    folder = manifest.parent
    assert utterances[0] == Utterance(folder / "a.wav", "我要退货", "Chinese", "office")
    assert utterances[3] == Utterance(folder / "two.flac", "good bye", "English", channel=1)
    assert (utterances[4].text, utterances[4].language, utterances[4].group) == ("", None, "no speech")


def test_terms_are_a_list_or_divided_by_bars(manifest: Path) -> None:
    manifest.write_text('{"audio": "a.wav", "terms": ["保修期", " power cord ", ""]}\n', encoding="utf-8")
    table = manifest.with_suffix(".csv")
    table.write_text("audio,terms\na.wav,保修期|power cord\n", encoding="utf-8")
    assert [row.terms for row in read_test_set(manifest)] == [("保修期", "power cord")]
    assert read_test_set(table) == read_test_set(manifest)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ('{"audio": "gone.wav", "text": "a", "language": "en"}', "set.jsonl:2: .*gone.wav does not exist"),
        (
            '{"audio": "a.wav", "text": "a", "language": "tlh"}',
            "language is 'tlh'; known are Arabic",
        ),
        ('{"audio": "a.wav", "text": "a"}', "language is ''; known are"),
        ('{"audio": "a.wav", "language": "en"}', "language is 'en'; expected none without a text"),
        ('{"audio": "b.wav", "text": "a", "language": "en"}', "b.wav is listed twice"),
        (
            '{"audio": "a.wav", "text": "a", "language": "en", "channel": -1}',
            "channel is -1; expected a number",
        ),
        ('{"audio": "a.wav", "reference": "a"}', "unknown column 'reference'; allowed: audio, text"),
        ('{"audio": 7}', "audio is 7; expected text"),
        ('{"audio": "a.wav", "terms": [7]}', r"terms are \[7\]; expected texts"),
        ('{"audio": "a.wav", "terms": 7}', "terms are 7; expected texts"),
        ("[1]", "expected an object"),
        ("{", "not JSON"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(manifest: Path, row: str, complaint: str) -> None:
    manifest.write_text(f'{{"audio": "b.wav"}}\n{row}\n', encoding="utf-8")
    with pytest.raises(BadTestSet, match=complaint):
        read_test_set(manifest)


def test_what_is_no_test_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTestSet, match="does not exist"):
        read_test_set(tmp_path / "gone")
    with pytest.raises(BadTestSet, match=r"holds no \*\.trans\.txt"):
        read_test_set(tmp_path)
    (tmp_path / "empty.csv").write_text("audio,text\n")
    with pytest.raises(BadTestSet, match="lists nothing"):
        read_test_set(tmp_path / "empty.csv")
    (tmp_path / "wide.csv").write_text("audio,text\na.wav,b,c\n")
    with pytest.raises(BadTestSet, match="more cells than the header has"):
        read_test_set(tmp_path / "wide.csv")


def test_librispeech_is_read_as_it_comes(tmp_path: Path) -> None:
    chapter = tmp_path / "LibriSpeech" / "test-other" / "12" / "34"
    chapter.mkdir(parents=True)
    (chapter / "12-34-0000.flac").touch()
    (chapter / "12-34.trans.txt").write_text("12-34-0000 GOOD MORNING\n")
    assert read_test_set(tmp_path / "LibriSpeech") == [
        Utterance(chapter / "12-34-0000.flac", "GOOD MORNING", "English", "test-other")
    ]
    (chapter / "12-34.trans.txt").write_text("12-34-0001 LOST\n")
    with pytest.raises(BadTestSet, match=r"trans\.txt names .*12-34-0001\.flac, which does not exist"):
        read_test_set(tmp_path)


def test_aishell_1_is_read_as_it_comes_and_only_its_test_part(tmp_path: Path) -> None:
    for part in ("train", "test"):
        (tmp_path / "wav" / part / "S1").mkdir(parents=True)
        (tmp_path / "wav" / part / "S1" / f"{part}1.wav").touch()
    (tmp_path / "transcript").mkdir()
    (tmp_path / "transcript" / "aishell_transcript_v0.8.txt").write_text("train1 你 好\ntest1 再 见\n")
    assert read_test_set(tmp_path) == [
        Utterance(tmp_path / "wav" / "test" / "S1" / "test1.wav", "再见", "Chinese", "aishell-1")
    ]


def test_aishell_2_is_read_as_it_comes(tmp_path: Path) -> None:
    (tmp_path / "wav").mkdir()
    (tmp_path / "wav" / "T1.wav").touch()
    (tmp_path / "wav.scp").write_text("T1\twav/T1.wav\n")
    (tmp_path / "trans.txt").write_text("T1\t再见\n")
    assert read_test_set(tmp_path) == [Utterance(tmp_path / "wav" / "T1.wav", "再见", "Chinese", "aishell-2")]

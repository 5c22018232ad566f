"""A file that is written whole appears at once, or not at all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from asr_types.whole_file import open_whole, write_whole


@pytest.mark.parametrize("content", ["五十二块\n", "五十二块\n".encode(), b""])
def test_text_and_bytes_are_written_and_replace_what_was_there(tmp_path: Path, content: str | bytes) -> None:
    path = tmp_path / "new" / "folder" / "result.txt"
    for _ in range(2):
        write_whole(path, content)
    assert path.read_bytes() == (content.encode() if isinstance(content, str) else content)
    assert list(path.parent.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    path.write_text("old")

    def write_half() -> None:
        with open_whole(path) as file:
            file.write(b"half of the n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_unfinished_file_may_lie_in_another_folder(tmp_path: Path) -> None:
    path, elsewhere = tmp_path / "out" / "result.txt", tmp_path / "unfinished"
    with open_whole(path, durable=True, folder=elsewhere) as file:
        file.write(b"new")
        assert not list(path.parent.iterdir())
        assert len(list(elsewhere.iterdir())) == 1
    assert path.read_bytes() == b"new"
    assert not list(elsewhere.iterdir())


def test_the_longest_file_name_is_written_too(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 255)
    write_whole(path, "content")
    assert path.read_text() == "content"


def test_threads_that_write_one_file_leave_the_content_of_one_of_them(tmp_path: Path) -> None:
    path = tmp_path / "result.txt"
    contents = [str(number) * 10_000 for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda content: write_whole(path, content), contents))
    assert path.read_text() in contents
    assert list(tmp_path.iterdir()) == [path]

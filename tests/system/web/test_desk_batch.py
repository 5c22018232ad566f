"""Ten files at once, one of them corrupt, and a change of mind."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from asr_web.batch.downloads import KINDS
from asr_web.page.texts import texts
from tests.system.web.desk_calls import CALLS, ENGLISH, LONG, REFERENCES, Visit
from tests.web.chromium import DeskPage

EN = texts("en")
GOOD = [CALLS / call["file"] for call in REFERENCES if call["duration_s"] < 60][:9]


@pytest.fixture
def ten(tmp_path: Path) -> list[Path]:
    """Nine sample calls and a file that only looks like one."""
    corrupt = tmp_path / "corrupt.wav"
    corrupt.write_bytes(b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40)
    return [*GOOD[:4], corrupt, *GOOD[4:]]


def wait_until_over(page: DeskPage, timeout_ms: int = 120_000) -> Any:
    over = page.page.locator("#tab-batch .batch[data-state=over]")
    over.wait_for(timeout=timeout_ms)
    return over


def download(page: DeskPage, kind: str) -> bytes:
    with page.page.expect_download() as started:
        page.page.locator(f"#tab-batch a[href$='/{kind}']").click()
    return Path(started.value.path()).read_bytes()


def test_ten_files_with_a_corrupt_one_end_in_a_table_and_its_downloads(visit: Visit, ten: list[Path]) -> None:
    page = visit()
    page.open_tab("batch")
    page.upload(*ten, place="batch")
    expect(page.page.locator("#tab-batch tbody tr")).to_have_count(10)
    batch = wait_until_over(page)
    expect(batch.locator("tr.finished")).to_have_count(9)
    failed = batch.locator("tr.failed")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("corrupt.wav")
    table = list(csv.DictReader(io.StringIO(download(page, "csv").decode("utf-8-sig"))))
    assert [row["file"] for row in table] == [path.name for path in ten]
    assert [row["status"] for row in table].count("failed") == 1
    with zipfile.ZipFile(io.BytesIO(download(page, "zip"))) as archive:
        assert len(archive.namelist()) == 1 + 9 * len(KINDS)


def test_columns_sort_both_ways_and_stay_sorted(visit: Visit, ten: list[Path]) -> None:
    page = visit()
    page.open_tab("batch")
    page.upload(*ten[:5], place="batch")
    expect(page.page.locator("#tab-batch tbody tr")).to_have_count(5)
    header = page.page.get_by_role("button", name=EN("column.file"), exact=True)
    header.click()
    wait_until_over(page)  # rows go on changing after the click
    names = page.page.locator("#tab-batch td.col-file")
    expect(names).to_have_text(sorted(path.name for path in ten[:5]))
    header.click()
    expect(names).to_have_text(sorted((path.name for path in ten[:5]), reverse=True))
    expect(page.page.locator("th[aria-sort=descending]")).to_have_count(1)


@pytest.mark.timeout(600)
def test_cancelling_keeps_what_is_done_and_the_rest_can_be_tried_again(visit: Visit) -> None:
    page = visit()
    page.open_tab("batch")
    page.upload(ENGLISH, place="batch")
    wait_until_over(page)
    page.upload(*[LONG] * 6, place="batch")
    expect(page.page.locator("#tab-batch tbody tr")).to_have_count(7)
    page.page.get_by_role("button", name=EN("batch.cancel")).click()
    batch = wait_until_over(page)
    assert batch.locator("tr.cancelled").count() > 0
    expect(batch.locator("tr.finished").first).to_contain_text(ENGLISH.name)
    again = page.page.get_by_role("button", name=EN("batch.retry"))
    again.click()
    expect(page.page.locator("#tab-batch tr.cancelled")).to_have_count(0)
    batch = wait_until_over(page, 480_000)
    expect(batch.locator("tr.finished")).to_have_count(7)
    page.page.once("dialog", lambda dialog: dialog.accept())
    page.page.get_by_role("button", name=EN("batch.clear"), exact=True).click()
    expect(page.page.locator("#tab-batch .empty")).to_be_visible()


def test_a_reload_in_the_middle_goes_on_where_it_was(visit: Visit, ten: list[Path]) -> None:
    page = visit()
    page.open_tab("batch")
    page.upload(*ten[:4], place="batch")
    expect(page.page.locator("#tab-batch tbody tr")).to_have_count(4)
    page.page.reload()
    page.wait_until_ready()
    page.open_tab("batch")
    expect(wait_until_over(page).locator("tr.finished")).to_have_count(4)

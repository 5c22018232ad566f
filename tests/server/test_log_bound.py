"""The server's log does not fill the disk."""

import sys
import time
from pathlib import Path

from asr_server.process import ServerProcess

CHATTY = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.001)"


def test_a_log_that_grew_too_long_moves_aside_and_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "tritonserver.log"
    process = ServerProcess([sys.executable, "-c", CHATTY], {}, log, "no-such-region-")
    try:
        _grow_above(log, 2000)
        process.bound_log(1_000_000)
        assert not (tmp_path / "tritonserver.log.1").exists()
        process.bound_log(2000)
        assert (tmp_path / "tritonserver.log.1").read_bytes().startswith(b"x" * 99)
        _grow_above(log, 100)
        assert log.read_bytes()[:1] == b"x"  # no hole where the old log was
    finally:
        process.kill()


def _grow_above(path: Path, size: int) -> None:
    deadline = time.monotonic() + 30
    while not path.exists() or path.stat().st_size <= size:
        assert time.monotonic() < deadline
        time.sleep(0.01)

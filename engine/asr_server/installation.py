"""Installation of the tritonserver to run: NVIDIA's container image, or else the nvidia-pytriton wheel.

Of the wheel only the server is used, not PyTriton's code. Its binaries find their libraries relative to
themselves, so the backend directory consists of symbolic links. The Python that the server embeds takes its
packages from the environment whose `python3` is first on PATH.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from asr_server.errors import NotInstalled

STUB = "triton_python_backend_stub"
IMAGE = Path("/opt/tritonserver")  # where NVIDIA's images keep the server
IMPORTED = ("asr_engine", "numpy", "onnxruntime", "tokenizers")  # by the model


@dataclass(frozen=True, slots=True)
class Installation:
    """Files of a server; the stub is the one for the running Python version."""

    binary: Path
    backend_files: tuple[Path, ...]
    stub: Path


def find_installation(image: Path = IMAGE) -> Installation:
    """Locate server, Python backend and stub; raises NotInstalled naming what is missing."""
    found = _in_image(image) if image.is_dir() else _in_wheel()
    for path in (found.binary, found.stub):
        if not path.is_file():
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise NotInstalled(f"{path} is missing: this Triton does not support Python {version}")
    return found


def _in_image(image: Path) -> Installation:
    backend = image / "backends" / "python"
    return Installation(
        binary=image / "bin" / "tritonserver",
        backend_files=tuple(path for path in _files_of(backend) if path.name != STUB),
        stub=backend / STUB,
    )


def _in_wheel() -> Installation:
    spec = importlib.util.find_spec("pytriton")
    if spec is None or spec.origin is None:
        raise NotInstalled("no Triton server in this environment; install the extra 'embedded'")
    root = Path(spec.origin).parent / "tritonserver"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return Installation(
        binary=root / "bin" / "tritonserver",
        backend_files=_files_of(root / "backends" / "python"),
        stub=root / "python_backend_stubs" / python / STUB,
    )


def _files_of(directory: Path) -> tuple[Path, ...]:
    return tuple(path for path in sorted(directory.glob("*")) if path.is_file())


def link_backend(installation: Installation, directory: Path) -> Path:
    """Fill a backend directory with links; returns the path for --backend-directory.

    The engine is linked in as well, because the embedded Python may run no .pth files and then would not find
    an editable install or a source tree.
    """
    python = directory / "backends" / "python"
    python.mkdir(parents=True)
    for path in (*installation.backend_files, installation.stub):
        (python / path.name).symlink_to(path)
    (python / "asr_engine").symlink_to(_package_directory("asr_engine"))
    return python.parent


def server_environment(http_address: str) -> dict[str, str]:
    """Environment variables by which the embedded Python finds this interpreter's library and packages.

    One more tells the model where its own server listens; see asr_engine.triton.wakeup.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    parents = dict.fromkeys(str(_package_directory(name).parent) for name in IMPORTED)
    environment["PYTHONPATH"] = os.pathsep.join(parents)
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    library = [str(sysconfig.get_config_var("LIBDIR") or ""), os.environ.get("LD_LIBRARY_PATH", "")]
    environment["LD_LIBRARY_PATH"] = os.pathsep.join(entry for entry in library if entry)
    environment["ASR_TRITON_HTTP"] = http_address
    environment.setdefault("MALLOC_ARENA_MAX", "2")  # glibc's eight for each core hold on to memory
    return environment


def _package_directory(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise NotInstalled(f"the package {name!r} is not installed; install the extra 'embedded'")
    return Path(next(iter(spec.submodule_search_locations)))

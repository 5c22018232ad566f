"""Imports point one way and never in a circle, and heavy packages stay where they belong.

Imports inside functions count everywhere; those under `if TYPE_CHECKING:` do not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
# Folders of installed packages: a package is a room of its own.
PACKAGE_FOLDERS = ("engine", "export", "client", "analysis", "apps")
# Folders of scripts: each is one room, whatever its modules are called.
SCRIPT_FOLDERS = {"model_repository": "model_repository/qwen3_asr/1", "demo": "demo", "loadtest": "loadtest"}
TESTS = ROOT / "tests"
MAX_FILES_IN_A_FOLDER = 25

CLIENT_SIDE = {"asr_types", "asr_client", "call_analysis", "asr_text"}
APPS = ("asr_batch", "asr_eval", "asr_web")

# What each room may import of ours. The exporter's command is started by name, hence in no list.
ALLOWED: dict[str, set[str]] = {
    "asr_types": set(),
    "asr_client": {"asr_types"},
    "call_analysis": {"asr_types"},
    "asr_text": {"asr_types"},
    "asr_engine": set(),
    "asr_server": {"asr_engine"},
    "asr_export": {"asr_engine"},
    "optimum": {"asr_export"},
    "model_repository": {"asr_engine"},
    **dict.fromkeys(APPS, CLIENT_SIDE),
    "asr_web": CLIENT_SIDE | {"asr_engine", "asr_server"},  # what it sees of them: ENGINE_SEEN_BY
    "asr_cli": CLIENT_SIDE | {*APPS, "asr_server"},
    "demo": CLIENT_SIDE | {"asr_engine", "asr_server", "asr_export", "asr_eval"},
    "loadtest": CLIENT_SIDE | {"asr_engine", "asr_server", "asr_export"},
}

# Of the engine: the exporter sees what it writes, the launcher what it reads, the page names of metrics.
ENGINE_SEEN_BY = {
    "asr_export": {"manifest", "errors"},
    "asr_server": {"config", "manifest", "errors", "metric_names"},
    "asr_web": {"metric_names"},
}
SERVER_SEEN_BY_WEB = {"asr_server.metrics_page"}

# Which rooms may import what is heavy. tritonclient.http is allowed nowhere.
HEAVY = {
    "torch": {"asr_export"},
    "transformers": {"asr_export"},
    "optimum": {"asr_export"},
    "onnx": {"asr_export"},
    "onnxscript": {"asr_export"},
    "onnxruntime_genai": {"asr_export"},
    "onnxruntime": {"asr_engine", "asr_export"},
    "tokenizers": {"asr_engine", "asr_export"},
    "tritonclient": {"asr_client", "asr_server"},
    "triton_python_backend_utils": {"model_repository"},
    "prometheus_client": {"asr_server"},
    "av": {"asr_client"},
    "jiwer": {"asr_eval"},
    "gradio": {"asr_web"},
    "yaml": {"asr_web", "call_analysis"},
    "re2": {"call_analysis"},
    "sklearn": {"call_analysis"},
}
FREE_OF_RULES_ON_HEAVY_PACKAGES = {"optimum", "demo", "loadtest"}


def _modules_below(source: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


PACKAGED = {name: path for folder in PACKAGE_FOLDERS for name, path in _modules_below(ROOT / folder)}
SCRIPTS = {room: dict(_modules_below(ROOT / folder)) for room, folder in SCRIPT_FOLDERS.items()}
MODULES = PACKAGED | {name: path for scripts in SCRIPTS.values() for name, path in scripts.items()}
ROOMS = {name: name.partition(".")[0] for name in PACKAGED} | {
    name: room for room, scripts in SCRIPTS.items() for name in scripts
}


def imports(path: Path) -> set[str]:
    """Dotted names of everything that a file imports when it runs, at any depth of nesting."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    names: set[str] = set()
    for node in _executed(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree without the bodies of `if TYPE_CHECKING:`."""
    yield node
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        children: Iterable[ast.AST] = node.orelse
    else:
        children = ast.iter_child_nodes(node)
    for child in children:
        yield from _executed(child)


def _module_of(name: str) -> str | None:
    """The module of ours that a dotted name imports from: itself, or the one before its last dot."""
    return next((found for found in (name, name.rpartition(".")[0]) if found in MODULES), None)


IMPORTS = {module: imports(path) for module, path in MODULES.items()}
GRAPH = {
    module: {found for name in names if (found := _module_of(name)) and found != module}
    for module, names in IMPORTS.items()
}


def test_no_two_modules_have_one_name() -> None:
    assert len(MODULES) == len(PACKAGED) + sum(map(len, SCRIPTS.values()))


def test_every_room_has_a_rule() -> None:
    assert set(ROOMS.values()) == set(ALLOWED)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_its_rule_allows(room: str) -> None:
    for module in (module for module in MODULES if ROOMS[module] == room):
        used = {ROOMS[other] for other in GRAPH[module]}
        assert used <= ALLOWED[room] | {room}, module


@pytest.mark.parametrize("room", sorted(ALLOWED.keys() - FREE_OF_RULES_ON_HEAVY_PACKAGES))
def test_heavy_packages_are_imported_only_where_they_belong(room: str) -> None:
    for module in (module for module in MODULES if ROOMS[module] == room):
        for heavy in {name.partition(".")[0] for name in IMPORTS[module]} & HEAVY.keys():
            assert room in HEAVY[heavy], f"{module} imports {heavy}"


@pytest.mark.parametrize("room", ENGINE_SEEN_BY)
def test_exporter_launcher_and_page_import_no_inference_code(room: str) -> None:
    for module in (module for module in MODULES if ROOMS[module] == room):
        seen = {name.split(".")[1] for name in IMPORTS[module] if name.startswith("asr_engine.")}
        assert seen <= ENGINE_SEEN_BY[room], module


def test_nothing_uses_tritons_http_client() -> None:
    assert not [module for module, names in IMPORTS.items() for name in names if "tritonclient.http" in name]


def test_the_web_desk_takes_only_the_metrics_from_the_server() -> None:
    for module in (module for module in MODULES if ROOMS[module] == "asr_web"):
        seen = {other for other in GRAPH[module] if ROOMS[other] == "asr_server"}
        assert seen <= SERVER_SEEN_BY_WEB, module


def test_commands_are_imported_by_name_only() -> None:
    assert GRAPH["asr_cli.main"] == set()


def test_no_modules_import_each_other_in_a_circle() -> None:
    try:
        TopologicalSorter(GRAPH).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' → '.join(error.args[1])}")


def test_no_folder_holds_more_files_than_one_takes_in() -> None:
    """Of product code: the folders of the modules above. Of tests: every folder."""
    folders = {path.parent for path in MODULES.values()} | {path.parent for path in TESTS.rglob("*.py")}
    sizes = {str(folder.relative_to(ROOT)): len(list(folder.glob("*.py"))) for folder in folders}
    assert not {folder: size for folder, size in sizes.items() if size > MAX_FILES_IN_A_FOLDER}

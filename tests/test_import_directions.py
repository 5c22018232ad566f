"""Imports point one way, and heavy packages stay where they belong."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [ROOT / folder for folder in ("engine", "export", "client", "analysis", "apps")]

# What each package may import of ours. The command line sits on top of all.
ALLOWED = {
    "asr_types": set(),
    "asr_engine": set(),
    "asr_text": {"asr_types"},
    "asr_client": {"asr_types"},
    "asr_batch": {"asr_types", "asr_client"},
    "asr_eval": {"asr_types", "asr_text", "asr_client"},
    "call_analysis": {"asr_types"},
    "asr_web": {"asr_types", "asr_client", "call_analysis", "asr_engine", "asr_server"},
    "asr_server": {"asr_engine"},
    "asr_export": {"asr_engine"},
}
EVERYTHING = {"asr_cli"}

# Which packages may import what is heavy. tritonclient.http is allowed nowhere.
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
    "triton_python_backend_utils": set(),
    "prometheus_client": {"asr_server"},
    "av": {"asr_client"},
    "jiwer": {"asr_eval"},
    "gradio": {"asr_web"},
    "yaml": {"asr_web", "call_analysis"},
    "re2": {"call_analysis"},
    "sklearn": {"call_analysis"},
}
# The launcher reads configuration; it must not pull the inference engine in.
ENGINE_FOR_SERVER = {"config", "manifest", "errors", "metric_names"}
METRICS_FOR_WEB = {"asr_engine.metric_names", "asr_server.metrics_page"}


def modules() -> Iterator[tuple[str, Path]]:
    for source in SOURCES:
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> set[str]:
    """Dotted names of everything a file imports, at any depth of nesting."""
    return _imported(ast.walk(_parsed(path)), path)


def imports_while_loading(path: Path) -> set[str]:
    """Dotted names of what is imported as soon as the file is: not inside functions."""
    tree = _parsed(path)
    inside = {
        inner
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for inner in ast.walk(function)
    }
    return _imported((node for node in ast.walk(tree) if node not in inside), path)


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def _imported(nodes: Iterable[ast.AST], path: Path) -> set[str]:
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


MODULES = dict(modules())
PACKAGES = {name.partition(".")[0] for name in MODULES}


def test_every_package_has_a_rule() -> None:
    assert {"asr_engine", "asr_export", "asr_client", "asr_types"} <= PACKAGES
    unruled = PACKAGES - set(ALLOWED) - EVERYTHING - {"optimum"}
    assert not unruled


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_package_may(module: str) -> None:
    package = module.partition(".")[0]
    used = {name.partition(".")[0] for name in imports(MODULES[module])}
    if package in ALLOWED:
        assert used & PACKAGES <= ALLOWED[package] | {package}
    for heavy in used & HEAVY.keys():
        assert package in HEAVY[heavy] | {"optimum"}, f"{module} imports {heavy}"


@pytest.mark.parametrize("module", MODULES)
def test_nothing_uses_tritons_http_client(module: str) -> None:
    assert not [name for name in imports(MODULES[module]) if name.startswith("tritonclient.http")]


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("asr_server")])
def test_the_launcher_imports_no_inference_code(module: str) -> None:
    engine = {name.split(".")[1] for name in imports(MODULES[module]) if name.startswith("asr_engine.")}
    assert engine <= ENGINE_FOR_SERVER


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("asr_web")])
def test_the_web_desk_takes_only_the_metrics_from_the_server(module: str) -> None:
    server = {name for name in imports(MODULES[module]) if name.startswith(("asr_engine", "asr_server"))}
    assert {name.rpartition(".")[0] for name in server} <= METRICS_FOR_WEB


def test_commands_are_imported_by_name_only() -> None:
    assert not {name for name in imports(MODULES["asr_cli.main"]) if name.partition(".")[0] in PACKAGES}


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_no_package_loads_in_circles(package: str) -> None:
    graph = {
        module: {
            found for name in imports_while_loading(path) if (found := _module_of(name)) and found != module
        }
        for module, path in MODULES.items()
        if module.partition(".")[0] == package
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' → '.join(error.args[1])}")


def _module_of(name: str) -> str | None:
    """The module that a dotted name imports from: itself, or the one before its last dot."""
    return next((found for found in (name, name.rpartition(".")[0]) if found in MODULES), None)

"""ONNX Runtime sessions, opened for a device and checked against the manifest."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnxruntime as ort

from asr_engine.config import AUTO_DEVICE, EngineConfig
from asr_engine.device import Device, DeviceKind
from asr_engine.errors import ArtifactError, ConfigError

ORT_TYPES = {"float32": "tensor(float)", "float16": "tensor(float16)"}
CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "quota period", both in microseconds
CPU_TOPOLOGY = Path("/sys/devices/system/cpu")
ORT_INT64, ORT_INT32 = "tensor(int64)", "tensor(int32)"
_CUDA_SETTINGS = {
    "arena_extend_strategy": "kSameAsRequested",  # the default doubles the arena each time it grows
    "cudnn_conv_algo_search": "HEURISTIC",  # the default tries every algorithm anew for each new shape
    "enable_skip_layer_norm_strict_mode": "1",  # sums in fp32
    "use_tf32": "0",  # what is fp32 in a half precision graph is so for a reason
}
_PROVIDERS = {DeviceKind.CPU: "CPUExecutionProvider", DeviceKind.CUDA: "CUDAExecutionProvider"}


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Type and shape that a graph input or output must have; None stands for any size."""

    type: str
    shape: tuple[int | None, ...]


def choose_device(wish: str, index: int, target: str) -> Device:
    """The device for graphs exported for `target`; `auto` takes the target's own.

    Raises ConfigError when the graphs cannot run on the device, or the device is not there.
    """
    exported_for, _, _ = target.partition("-")
    device = Device(DeviceKind(exported_for if wish == AUTO_DEVICE else wish), index)
    if device.kind != exported_for:
        raise ConfigError(f"device is {device.kind.value!r} but the artifacts were exported for {target!r}")
    if _PROVIDERS[device.kind] not in ort.get_available_providers():
        available = ", ".join(ort.get_available_providers())
        raise ConfigError(f"device is {device.kind.value!r}; this onnxruntime offers only {available}")
    return device


def open_session(path: Path, device: Device, intra_op_threads: int) -> ort.InferenceSession:
    """Raises ArtifactError for a graph that ONNX Runtime refuses."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = intra_op_threads
    options.log_severity_level = 3  # errors; warnings about shapes repeat at each load
    # Encoder, decoder, server and clients share the cores; threads that spin would take them from each other.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    provider = _PROVIDERS[device.kind]
    settings = {**_CUDA_SETTINGS, "device_id": str(device.index)} if device.kind is DeviceKind.CUDA else {}
    try:
        # The fallback would try the CPU and report the CPU's error instead of the cause.
        session = ort.InferenceSession(path, options, providers=[(provider, settings)], enable_fallback=0)
    except Exception as error:  # the binding raises many classes with no base of their own
        raise ArtifactError(f"{path}: ONNX Runtime refuses it: {error}") from error
    if session.get_providers()[0] != provider:
        raise ConfigError(f"{path}: ONNX Runtime could not use {provider} on device {device.index}")
    return session


def check_tensors(path: Path, kind: str, found: Any, wanted: Mapping[str, TensorSpec]) -> None:
    """Compare a session's inputs or outputs with what the manifest promises; raises ArtifactError."""
    by_name = {tensor.name: tensor for tensor in found}
    missing = sorted(set(wanted) - set(by_name))
    if missing:
        raise ArtifactError(f"{path}: no {kind} {missing[0]!r}; it has {', '.join(sorted(by_name))}")
    for name, spec in wanted.items():
        tensor = by_name[name]
        if tensor.type != spec.type or not _shape_fits(tensor.shape, spec.shape):
            wish = ["?" if size is None else size for size in spec.shape]
            raise ArtifactError(
                f"{path}: {kind} {name!r} is {tensor.type} {tensor.shape}; "
                f"the manifest asks for {spec.type} {wish}"
            )


def check_no_more(path: Path, found: Any, wanted: Mapping[str, TensorSpec]) -> None:
    """Raises ArtifactError for an input that the engine does not feed."""
    extra = sorted({tensor.name for tensor in found} - set(wanted))
    if extra:
        raise ArtifactError(f"{path}: unknown input {extra[0]!r}; expected {', '.join(wanted)}")


def available_cores(quota: Path = CPU_QUOTA, topology: Path = CPU_TOPOLOGY) -> int:
    """Cores that this process may run on; at least one. A container's limit counts as fewer cores.

    Two hardware threads of one core count once: they share the units that matrix products keep busy.
    """
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores = len({_core_of(cpu, topology) for cpu in cpus})
    try:
        allowed, period = quota.read_text().split()
        return max(1, min(cores, math.ceil(int(allowed) / int(period))))
    except (OSError, ValueError):  # no cgroup v2 here, or "max": no limit
        return cores


def _core_of(cpu: int, topology: Path) -> str:
    """The hardware threads that share this one's core, as the kernel lists them."""
    try:
        return (topology / f"cpu{cpu}" / "topology" / "thread_siblings_list").read_text()
    except OSError:  # the kernel does not say: counts as a core of its own
        return str(cpu)


def intra_op_threads(config: EngineConfig) -> int:
    """The configured number of threads; 0 stands for the cores that there are."""
    return config.intra_op_threads or available_cores()


def _shape_fits(found: list[int | str | None], wanted: tuple[int | None, ...]) -> bool:
    if len(found) != len(wanted):
        return False
    pairs = zip(found, wanted, strict=True)
    return all(want is None or not isinstance(got, int) or got == want for got, want in pairs)

"""Questions about speed that `bench.gpu` does not ask; each in a process of its own, answers in $OUT.

  ask.py smoke | correct | bisect | placement | steps | encoder | prefill | kernels | nodes | graph | variants
         | summary  [options]

Each prints lines to read and adds one JSON object a line to answers.jsonl. Everything goes through the
engine's own classes, with settings of ONNX Runtime changed where a variant says so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import onnxruntime as ort

from asr_engine.config import EngineConfig
from asr_engine.device import DeviceKind
from asr_engine.features import MelFrontEnd
from asr_engine.graphs import session as engine_session
from asr_engine.graphs.decoder import rank_shape
from asr_engine.graphs.device_decoder import DeviceDecoder
from asr_engine.graphs.device_tensors import copy_to_device
from asr_engine.graphs.encoder import Encoder
from asr_engine.graphs.kv_cache import KvCache
from asr_engine.graphs.session import choose_device
from asr_engine.graphs.warm_up import warm_up_decoder
from asr_engine.manifest import DECODER_NAME, ENCODER_NAME, load_manifest
from asr_engine.text.prompt import PromptBuilder
from asr_engine.text.tokenizer import AsrTokenizer

MODEL = Path("qwen3_asr/1/artifacts")
NARROW = "decoder-narrow.onnx"
SPEECH = 1000  # standard deviation of the noise that stands for it, 16-bit samples

Variant = tuple[str, dict[str, str], dict[str, str], str]

# label, environment, CUDA settings, decoder graph; the likeliest gains first. A setting of "" is taken away.
VARIANTS: tuple[Variant, ...] = (
    ("as it is", {}, {}, ""),
    ("residual in float16", {}, {}, NARROW),
    ("XQA attention", {"ORT_ENABLE_XQA": "1"}, {}, ""),
    ("GEMM auto-tune", {"ORT_CUDA_GEMM_AUTO_TUNE": "1"}, {}, ""),
    ("no flash decoding", {"ORT_DISABLE_FLASH_DECODE": "1"}, {}, ""),
    ("small-N GEMV", {"ORT_ENABLE_SMALL_N_GEMV": "1"}, {}, ""),
    ("one stream", {}, {"use_ep_level_unified_stream": "1"}, ""),
    ("norms not strict", {}, {"enable_skip_layer_norm_strict_mode": "0"}, ""),
    ("arena as shipped", {}, {"arena_extend_strategy": ""}, ""),
    ("TF32", {}, {"use_tf32": "1"}, ""),
    ("no flash attention", {"ORT_DISABLE_FLASH_ATTENTION": "1"}, {}, ""),
)
PREFILL_VARIANTS: tuple[Variant, ...] = (
    ("prefill: flash", {}, {"sdpa_kernel": "1"}, ""),
    ("prefill: cuDNN", {}, {"sdpa_kernel": "8"}, ""),
    ("prefill: efficient", {}, {"sdpa_kernel": "2"}, ""),
)
CORRECTNESS_VARIANTS: tuple[Variant, ...] = (
    ("as it is", {}, {}, ""),
    ("no flash attention", {"ORT_DISABLE_FLASH_ATTENTION": "1"}, {}, ""),
    ("no cuDNN attention", {}, {"sdpa_kernel": "1"}, ""),
    ("no flash decoding", {"ORT_DISABLE_FLASH_DECODE": "1"}, {}, ""),
    ("XQA attention", {"ORT_ENABLE_XQA": "1"}, {}, ""),
    ("no optimisations", {"KIT_OPTIMISATIONS": "none"}, {}, ""),
)
ENCODER_VARIANTS: tuple[Variant, ...] = (
    ("encoder: cuDNN searches all", {}, {"cudnn_conv_algo_search": "EXHAUSTIVE"}, ""),
    ("encoder: NHWC", {}, {"prefer_nhwc": "1"}, ""),
    ("encoder: conv bias fused", {}, {"fuse_conv_bias": "1"}, ""),
    ("encoder: flash", {}, {"sdpa_kernel": "1"}, ""),
)


class Bench:
    """What all questions share."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.demo = args.work / "demo" / args.target / MODEL
        self.full = args.work / f"serve-{args.shape}" / MODEL
        self.artifacts = self.demo if args.model == "demo" else self.full
        self.manifest = load_manifest(self.artifacts)
        if self.manifest.target.startswith("cuda"):
            ort.preload_dlls()
        self.device = choose_device("auto", 0, self.manifest.target)
        self.on_gpu = self.device.kind is DeviceKind.CUDA
        self.rng = np.random.default_rng(0)
        if os.environ.get("KIT_OPTIMISATIONS") == "none":
            _without_optimisations()
        for name, value in args.setting:
            engine_session._CUDA_SETTINGS[name] = value
            if not value:
                del engine_session._CUDA_SETTINGS[name]

    def say(self, **fields) -> None:
        fields = {"question": self.args.question, "label": self.args.label, **fields}
        print(as_line(fields), flush=True)
        if self.args.out:
            with (self.args.out / "answers.jsonl").open("a") as stream:
                stream.write(json.dumps(fields) + "\n")

    def decoder(self, slots: int, positions: int) -> DeviceDecoder:
        artifacts = self.artifacts
        if self.args.graph:
            artifacts = Path(tempfile.mkdtemp())
            for path in self.artifacts.iterdir():
                (artifacts / path.name).symlink_to(path)
            (artifacts / DECODER_NAME).unlink()
            (artifacts / DECODER_NAME).symlink_to(self.artifacts / self.args.graph)
        config = EngineConfig(slots=slots, max_positions=min(positions, self.manifest.text.max_positions))
        started = time.monotonic()
        decoder = DeviceDecoder(artifacts, self.manifest, config, self.device, 4)
        print(f"decoder opened with {slots} slots in {time.monotonic() - started:.1f} s", flush=True)
        return decoder

    def encoder(self) -> Encoder:
        return Encoder(self.artifacts, self.manifest, self.device, 4)

    def windows(self, seconds: float):
        front_end = MelFrontEnd(self.manifest.audio)
        return front_end.windows(
            (self.rng.normal(0, SPEECH, round(seconds * 16000)) / 32768).astype(np.float32)
        )

    def prompt(self, windows):
        prompts = PromptBuilder(AsrTokenizer(self.artifacts / "tokenizer.json"), self.manifest.tokens)
        return prompts.build(prompts.encode_context(""), sum(window.num_tokens for window in windows), None)

    def rows(self) -> list[int]:
        return [int(rows) for rows in self.args.rows.split(",")]


def as_line(fields: dict) -> str:
    """Question and label, then what was found."""
    rest = [f"{key} {value}" for key, value in fields.items() if key not in ("question", "label", "verdict")]
    return "  ".join(
        text for text in (fields["question"], fields["label"], fields.get("verdict", ""), *rest) if text
    )


def _without_optimisations() -> None:
    """Every session is opened with its graph as it is."""
    real = ort.SessionOptions

    def plain() -> ort.SessionOptions:
        options = real()
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        return options

    ort.SessionOptions = plain


def timed(act, seconds: float, at_least: int = 5) -> list[float]:
    """Seconds of each call after three to warm up, for about so long."""
    for _ in range(3):
        act()
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while len(taken) < at_least or (time.perf_counter() < until and len(taken) < 200):
        started = time.perf_counter()
        act()
        taken.append(time.perf_counter() - started)
    return taken


def ms(seconds: float) -> float:
    return round(seconds * 1e3, 3)


def smoke(bench: Bench) -> None:
    """Do kernels run at all? The smallest graphs there are. Status 3 when only the encoder does not run."""
    print(f"onnxruntime {ort.__version__} from {Path(ort.__file__).parent}, {ort.get_available_providers()}")
    started = time.monotonic()
    warm_up_decoder(bench.decoder(4, 512), 4)
    bench.say(provider=bench.device.kind, decoder="runs", seconds=round(time.monotonic() - started, 1))
    try:
        embeds = bench.encoder().encode(bench.windows(4.0))
        finite = all(np.isfinite(np.asarray(each).astype(np.float32)).all() for each in embeds)
    except Exception as error:  # noqa: BLE001 - cuDNN's absence, say: the decoder has none of it
        bench.say(encoder=f"does not run: {error}")
        sys.exit(3)
    bench.say(encoder="runs" if finite else "answers with what is no number")
    if not finite:
        sys.exit(3)


def correct(bench: Bench) -> None:
    """The forced verdicts alone, and how far the encoder is off; a refusal at load does not end it."""
    from asr_engine import model as engine_model
    from bench.gpu.agreement import forced_verdicts
    from bench.gpu.cases import Speaker, load_cases

    def note(*args, **kwargs) -> None:
        try:
            check(*args, **kwargs)
            print("golden clips agree", flush=True)
        except Exception as error:  # noqa: BLE001 - what it says is the answer
            print(f"golden clips: {error}", flush=True)

    check, engine_model.check_golden = engine_model.check_golden, note
    name = "demo" if bench.args.model == "demo" else bench.args.shape
    cases = load_cases(bench.args.work / f"{name}.npz")[:8]
    speaker = Speaker(engine_model.load_model(bench.artifacts, EngineConfig(slots=len(cases)), 0))
    for verdict in forced_verdicts(speaker, cases, name):
        bench.say(verdict=str(verdict))


def bisect(bench: Bench) -> None:
    """When a verdict failed: which part of ONNX Runtime is it?"""
    run_each(bench, [("correct", entry) for entry in CORRECTNESS_VARIANTS], ["--model", bench.args.model])


def placement(bench: Bench) -> None:
    """Which provider has which nodes; what is on the CPU costs a copy and a wait."""
    for name, artifacts in (("demo", bench.demo), (bench.args.shape, bench.full)):
        for graph in (ENCODER_NAME, DECODER_NAME):
            options = ort.SessionOptions()
            options.log_severity_level = 2  # warnings: among them those about copies between providers
            options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
            started = time.monotonic()
            session = ort.InferenceSession(artifacts / graph, options, providers=providers(bench))
            seconds = time.monotonic() - started
            counts: dict[str, Counter] = defaultdict(Counter)
            on_cpu = []
            if hasattr(session, "get_provider_graph_assignment_info"):
                for part in session.get_provider_graph_assignment_info():
                    for node in part.get_nodes():
                        counts[part.ep_name][node.op_type] += 1
                        if part.ep_name.startswith("CPU"):
                            on_cpu.append(f"{node.op_type} {node.name}")
            found = {provider: dict(ops.most_common()) for provider, ops in counts.items()}
            bench.say(
                model=name,
                graph=graph,
                load_s=round(seconds, 1),
                nodes=found,
                on_cpu=on_cpu[:40] if bench.on_gpu else len(on_cpu),
            )
            del session


def providers(bench: Bench, **more: str):
    if not bench.on_gpu:
        return ["CPUExecutionProvider"]
    return [("CUDAExecutionProvider", {**engine_session._CUDA_SETTINGS, "device_id": "0", **more})]


def steps(bench: Bench) -> None:
    """One decode step, as the engine does it: all of it, and the part inside ONNX Runtime."""
    positions = min(bench.args.positions, bench.manifest.text.max_positions)
    length = min(bench.args.length, positions - 1)
    decoder = bench.decoder(max(bench.rows()), positions)
    for rows in bench.rows():
        lengths, ids, inside = np.full(rows, length, np.int32), np.zeros(rows, np.int64), []

        def step() -> None:
            nonlocal ids
            result = decoder.decode(ids, lengths)
            ids = result.ids
            inside.append(result.graph_s)
            lengths[:] += 1 if lengths[0] < positions else 0

        taken = timed(step, bench.args.seconds)
        binding = decoder._decodes[rows].binding
        bare = timed(lambda: decoder._session.run_with_iobinding(binding), bench.args.seconds / 2)
        bench.say(
            rows=rows,
            length=length,
            step_ms=ms(median(taken)),
            inside_ms=ms(median(inside[3:])),
            bare_ms=ms(median(bare)),
            p90_ms=ms(sorted(taken)[int(len(taken) * 0.9)]),
            steps=len(taken),
        )


def encoder(bench: Bench) -> None:
    """One encoder call with windows of 8 s: all of it, and without making the batch on the host."""
    runner = bench.encoder()
    window = bench.windows(8.0)[0]
    for rows in bench.rows():
        windows = [window] * rows
        taken = timed(lambda: runner.encode(windows), bench.args.seconds)
        feeds = {
            "input_features": np.stack([window.features] * rows).astype(runner._feature_dtype),
            "token_lens": np.full(rows, window.num_tokens, np.int64),
        }
        binding = runner._session.io_binding()
        for name, array in feeds.items():
            binding.bind_ortvalue_input(name, copy_to_device(array, bench.device))
        binding.bind_output("audio_embeds", bench.device.kind, 0)
        bare = timed(lambda: runner._session.run_with_iobinding(binding), bench.args.seconds)
        bench.say(
            windows=rows,
            call_ms=ms(median(taken)),
            bare_ms=ms(median(bare)),
            audio_s_per_s=round(8 * rows / median(bare)),
        )


def prefill(bench: Bench) -> None:
    """One prompt into one slot: windows of one encoder call, then joined on the host from several."""
    runner = bench.encoder()
    limit = bench.manifest.text.max_positions
    decoder = bench.decoder(2, bench.args.positions)
    for seconds in (8.0, 30.0, 120.0):
        windows = bench.windows(seconds)
        prompt = bench.prompt(windows)
        if len(prompt) >= min(limit, bench.args.positions):
            continue
        together = runner.encode(windows)
        taken = timed(lambda: decoder.prefill(0, prompt, together), bench.args.seconds)
        apart = [embeds for window in windows for embeds in runner.encode([window])]
        joined = timed(lambda: decoder.prefill(0, prompt, apart), bench.args.seconds)
        bench.say(
            audio_s=seconds, tokens=len(prompt), prefill_ms=ms(median(taken)), joined_ms=ms(median(joined))
        )


def calls(bench: Bench):
    """(name, call) of everything that is worth taking apart."""
    decoder = bench.decoder(max(bench.rows()), 512)
    for rows in bench.rows():
        lengths = np.full(rows, bench.args.length, np.int32)
        ids = decoder.decode(np.zeros(rows, np.int64), lengths).ids
        yield f"decode step, {rows} rows", lambda: decoder.decode(decoder._chosen[: len(ids)].copy(), lengths)
    runner = bench.encoder()
    window = bench.windows(8.0)
    for count in (1, 4, 16) if bench.on_gpu else (1,):
        yield f"encoder, {count} windows of 8 s", lambda: runner.encode(window * count)
    prompt, embeds = bench.prompt(window), runner.encode(window)
    yield f"prefill, {len(prompt)} tokens", lambda: decoder.prefill(0, prompt, embeds)


def kernels(bench: Bench) -> None:
    """Kernels by name and time, from CUPTI through PyTorch's profiler, which sees the whole process."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    repeats = 5
    if bench.on_gpu:
        torch.zeros(1, device="cuda")
    for name, call in calls(bench):
        wall = median(timed(call, 0.5))
        activities = [ProfilerActivity.CUDA] if bench.on_gpu else [ProfilerActivity.CPU]
        with profile(activities=activities) as profiler:
            for _ in range(repeats):
                call()
            if bench.on_gpu:
                torch.cuda.synchronize()
        trace = Path(tempfile.mkdtemp()) / "trace.json"
        profiler.export_chrome_trace(str(trace))
        total: Counter = Counter()
        number: Counter = Counter()
        for event in json.loads(trace.read_text())["traceEvents"]:
            if event.get("cat") in ("kernel", "gpu_memcpy", "gpu_memset"):
                total[event["name"]] += event["dur"]
                number[event["name"]] += 1
        busy = sum(total.values()) / repeats / 1e6
        launches = sum(number.values()) / repeats
        bench.say(
            call=name,
            wall_ms=ms(wall),
            kernels_ms=ms(busy),
            kernels=round(launches, 1),
            idle_share=round(1 - busy / wall, 3),
            us_per_launch=round(1e6 * wall / max(launches, 1), 2),
        )
        if bench.args.out:
            with (bench.args.out / "kernels.txt").open("a") as stream:
                stream.write(f"\n{name}: {ms(wall)} ms alone, {ms(busy)} ms in {launches:.0f} kernels\n")
                for kernel, micros in total.most_common(25):
                    stream.write(
                        f"{micros / repeats:10.1f} us  {number[kernel] / repeats:7.1f} x  {kernel[:150]}\n"
                    )
        for kernel, micros in total.most_common(6):
            print(
                f"    {micros / repeats:9.1f} us  {number[kernel] / repeats:6.1f} x  {kernel[:90]}",
                flush=True,
            )


def nodes(bench: Bench) -> None:
    """ONNX Runtime's own profile: what the host spends on each kind of node, and copies between providers."""
    real = ort.SessionOptions

    def profiled():
        options = real()
        options.enable_profiling = True
        options.profile_file_prefix = str(Path(tempfile.mkdtemp()) / "ort")
        return options

    ort.SessionOptions = profiled
    rows = bench.rows()[-1]
    decoder = bench.decoder(rows, 512)
    runner = bench.encoder()
    lengths, window = np.full(rows, bench.args.length, np.int32), bench.windows(8.0)
    for name, session, call in (
        ("decoder", decoder._session, lambda: decoder.decode(decoder._chosen.copy(), lengths)),
        ("encoder", runner._session, lambda: runner.encode(window)),
    ):
        for _ in range(8):
            call()
        path = Path(session.end_profiling())
        events = json.loads(path.read_text())
        runs = [event for event in events if event["name"] == "model_run"][3:]
        since = runs[0]["ts"]
        spent: dict[str, list[float]] = defaultdict(list)
        for event in events:
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time") and event["ts"] >= since:
                kind = f"{event['args'].get('provider', '?')[:4]} {event['args'].get('op_name')}"
                spent[kind].append(event["dur"])
        table = sorted(spent.items(), key=lambda item: -sum(item[1]))
        bench.say(
            graph=name,
            rows=rows if name == "decoder" else 1,
            run_ms=ms(median(e["dur"] for e in runs) / 1e6),
            nodes=sum(len(each) for each in spent.values()) // len(runs),
            host_us={
                kind: [round(sum(each) / len(runs)), len(each) // len(runs)] for kind, each in table[:14]
            },
        )
        if bench.args.out:
            (bench.args.out / f"nodes-{name}.json").write_text(json.dumps(events[-3000:]))


def graph(bench: Bench) -> None:
    """Decode steps as one launch (enable_cuda_graph): does it load, are tokens the same, how much faster?"""
    positions, length = 512, bench.args.length
    rows_of = bench.rows()
    path = bench.artifacts / (bench.args.graph or DECODER_NAME)
    chosen: dict[str, dict[int, list]] = {}
    for name in ("plain", "captured"):
        options = ort.SessionOptions()
        options.log_severity_level = 2
        captured = name == "captured" and bench.on_gpu
        if captured:
            options.add_session_config_entry(
                "ep.cuda.gqa_workspace_max_total_sequence_length", str(positions)
            )
        more = {"enable_cuda_graph": "1"} if captured else {}
        started = time.monotonic()
        session = ort.InferenceSession(path, options, providers=providers(bench, **more))
        print(f"{name}: opened in {time.monotonic() - started:.1f} s", flush=True)
        text = bench.manifest.text
        chosen[name] = {}
        for rows in rows_of:
            cache = KvCache(text, rows, positions, bench.manifest.dtypes.kv_cache, bench.device)
            step = _fixed_step(bench, session, cache, rows, positions if name == "captured" else None)
            run = ort.RunOptions()
            if captured:
                run.add_run_config_entry("gpu_graph_id", str(rows))
            lengths = np.full(rows, length, np.int32)
            chosen[name][rows] = [step(run, lengths + number).copy() for number in range(12)]
            taken = timed(lambda: step(run, lengths + 12), bench.args.seconds)
            alike = [
                bool((one == two).all())
                for one, two in zip(chosen[name][rows], chosen["plain"][rows], strict=True)
            ]
            bench.say(
                kind=name,
                rows=rows,
                step_ms=ms(median(taken)),
                same_tokens=f"{sum(alike)} of {len(alike)} steps",
            )
        del session


def _fixed_step(bench: Bench, session, cache: KvCache, rows: int, total: int | None):
    """A step whose addresses never change: everything but the total on the device. `total` None: as it is."""
    device, binding = bench.device, session.io_binding()
    cache.bind(binding, 0, rows)
    ids = copy_to_device(np.arange(rows, dtype=np.int64), device)
    logprobs = copy_to_device(np.zeros(rows, np.float32), device)
    seqlens = copy_to_device(np.zeros(rows, np.int32), device)
    shape = rank_shape(session, "total_sequence_length")
    limit = np.full(shape, total or 1, np.int32)
    at = (device.kind, device.index)
    binding.bind_input("input_ids", *at, np.int64, [rows, 1], ids.data_ptr())
    binding.bind_output("next_token_ids", *at, np.int64, [rows], ids.data_ptr())
    binding.bind_output("next_token_logprobs", *at, np.float32, [rows], logprobs.data_ptr())
    binding.bind_ortvalue_input("seqlens_k", seqlens)
    binding.bind_ortvalue_input("last_token_index", copy_to_device(np.zeros((rows, 1), np.int64), device))
    audio = np.zeros((1, 1, bench.manifest.text.hidden_size), bench.manifest.dtypes.audio_embeds)
    binding.bind_ortvalue_input("audio_embeds", copy_to_device(audio, device))
    binding.bind_ortvalue_input("total_sequence_length", ort.OrtValue.ortvalue_from_numpy(limit))
    kept = (cache, ids, logprobs, seqlens)

    def step(run, lengths):
        _ = kept
        seqlens.update_inplace((lengths - 1).astype(np.int32))
        if total is None:
            binding.bind_cpu_input("total_sequence_length", np.full(shape, lengths.max(), np.int32))
        session.run_with_iobinding(binding, run)
        return ids.numpy()

    return step


def variants(bench: Bench) -> None:
    """The same step with one thing changed, each in a process of its own, while time lasts."""
    plan = [("steps", entry) for entry in VARIANTS[:4]]
    plan += [("prefill", entry) for entry in PREFILL_VARIANTS[:2]]
    plan += [("encoder", entry) for entry in ENCODER_VARIANTS[:2]]
    plan += [("steps", entry) for entry in VARIANTS[4:]]
    plan += [("encoder", entry) for entry in ENCODER_VARIANTS[2:]]
    plan += [("prefill", entry) for entry in PREFILL_VARIANTS[2:]]
    run_each(bench, plan, ["--seconds", "0.4"])


def run_each(bench: Bench, plan: list, options: list[str]) -> None:
    args, deadline = bench.args, time.monotonic() + bench.args.limit
    for question, (label, environment, settings, graph_name) in plan:
        left = deadline - time.monotonic()
        if left < 8:
            print(f"no time left for: {label}", flush=True)
            continue
        command = [sys.executable, __file__, question, "--work", str(args.work), "--shape", args.shape]
        command += ["--target", args.target, "--label", label, "--graph", graph_name, *options]
        command += ["--rows", "1,4,16" if question == "encoder" else args.rows]
        command += ["--positions", "2304" if question == "prefill" else "512"]
        command += ["--out", str(args.out)] if args.out else []
        for name, value in settings.items():
            command += ["--setting", f"{name}={value}"]
        try:
            done = subprocess.run(
                command, env={**os.environ, **environment}, timeout=min(left, 40), check=False
            )
            if done.returncode:
                print(f"{label}: ended with status {done.returncode}", flush=True)
        except subprocess.TimeoutExpired:
            print(f"{label}: cut off", flush=True)


def summary(args: argparse.Namespace) -> None:
    """All answers so far, one line each; the last thing printed."""
    for line in (args.out / "answers.jsonl").read_text().splitlines():
        fields = json.loads(line)
        fields.pop("nodes", None), fields.pop("host_us", None), fields.pop("on_cpu", None)
        print(as_line(fields))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asks = (
        smoke,
        correct,
        bisect,
        placement,
        steps,
        encoder,
        prefill,
        kernels,
        nodes,
        graph,
        variants,
        summary,
    )
    questions: dict[str, Callable[[Any], None]] = {ask.__name__: ask for ask in asks}
    parser.add_argument("question", choices=questions)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--shape", default="0.6b")
    parser.add_argument("--target", default="cuda-fp16")
    parser.add_argument("--model", default="full", choices=("full", "demo"))
    parser.add_argument("--label", default="")
    parser.add_argument("--graph", default="", help="another decoder graph beside the artifacts' own")
    parser.add_argument("--rows", default="1,8,32,128")
    parser.add_argument("--length", type=int, default=160, help="positions of each row")
    parser.add_argument("--positions", type=int, default=512, help="of a slot")
    parser.add_argument("--seconds", type=float, default=1.0, help="to measure one case")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds for all variants")
    parser.add_argument("--setting", type=lambda text: text.split("=", 1), action="append", default=[])
    args = parser.parse_args()
    questions[args.question](args if args.question == "summary" else Bench(args))


if __name__ == "__main__":
    main()

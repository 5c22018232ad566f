"""Export pipeline from a checkpoint to a Triton model repository."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from asr_engine.manifest import (
    DECODER_NAME,
    EMBEDDINGS_NAME,
    ENCODER_NAME,
    TOKENIZER_NAME,
    Manifest,
    describe_file,
)
from asr_export.assembly import ARTIFACTS, assembling, check_template, copy_template
from asr_export.checkpoint.checkpoint import open_checkpoint
from asr_export.checkpoint.loaded import LoadedCheckpoint, load_checkpoint
from asr_export.checkpoint.source import find_source
from asr_export.checkpoint.text_tokenizer import LANGUAGES
from asr_export.checks.clip import Clip
from asr_export.checks.golden import write_golden
from asr_export.checks.parity import LIMITS, check, summary
from asr_export.checks.reference import Reference
from asr_export.checks.self_check import check_tokenizer, compare_graphs, recorded_clips
from asr_export.graphs.decoder_graph import (
    build_decoder,
    check_tied,
    export_embeddings,
    extract_text_checkpoint,
)
from asr_export.graphs.encoder_graph import export_encoder
from asr_export.graphs.graph_patch import patch_decoder
from asr_export.graphs.written_out_norms import write_out_norms
from asr_export.options import ExportOptions, Progress
from asr_export.quantisation.activation_balance import balanced
from asr_export.quantisation.float16_range import ActivationRange, measure_range
from asr_export.quantisation.row_quantisation import quantise_rows
from asr_export.recipe import RECIPES, Provider, Recipe
from asr_export.tools import tool_versions


def export_checkpoint(options: ExportOptions, progress: Progress | None = None) -> Path:
    """Export and return the path of the repository, `options.out`.

    Raises ExportError. On any failure `out` stays as it was.
    """
    report = progress or _ignore
    check_template(options.template)
    with assembling(options.out) as partial, TemporaryDirectory(prefix=".work-", dir=partial) as scratch:
        report("finding the checkpoint", 0.0)
        source = find_source(options.checkpoint, options.revision)
        report("loading the weights", 0.02)
        loaded = load_checkpoint(open_checkpoint(source))
        artifacts = partial / ARTIFACTS
        artifacts.mkdir(parents=True)
        _Export(loaded, RECIPES[options.target], options, artifacts, Path(scratch), report).run()
        copy_template(options.template, partial, on_gpus=options.on_gpus)
    report("done", 1.0)
    return options.out


@dataclass(slots=True)
class _Export:
    """One run of the pipeline.

    `scratch` is on the same file system as `artifacts`, so files can be renamed.
    """

    loaded: LoadedCheckpoint
    recipe: Recipe
    options: ExportOptions
    artifacts: Path
    scratch: Path
    report: Progress
    activations: ActivationRange | None = None  # measured for float16 only

    def run(self) -> None:
        if self.recipe.embeds_in_graph:
            check_tied(self.loaded.model)
        check_tokenizer(self.loaded)
        clips = recorded_clips(self.loaded, self.options.check_audio)
        self._measure_range(clips)
        self.loaded.tokenizer.save(str(self.artifacts / TOKENIZER_NAME))
        with balanced(self.loaded, clips) if self.recipe.int8_products else nullcontext():
            self._export_encoder()
            self._export_decoder()
        parity = self._check(clips)
        self.report("hashing the files", 0.95)
        self._manifest(parity).save(self.artifacts)

    def _measure_range(self, clips: list[Clip]) -> None:
        if self.recipe.io_dtype == "float16" and self.options.check:
            self.report("measuring activations", 0.05)
            self.activations = measure_range(self.loaded, clips)
            self.activations.check()

    def _export_encoder(self) -> None:
        self.report("exporting the encoder", 0.10)
        in_int8 = self.recipe.int8_products
        target = self.artifacts / ENCODER_NAME
        path = self.scratch / ENCODER_NAME if in_int8 else target
        dtype, provider = self.recipe.torch_dtype, self.recipe.provider
        export_encoder(self.loaded.model, path, dtype=dtype, provider=provider, int8_convolutions=in_int8)
        if in_int8:
            quantise_rows(path, target)

    def _export_decoder(self) -> None:
        self.report("exporting the decoder", 0.35)
        extract_text_checkpoint(self.loaded, self._text_checkpoint)
        built = self._built_decoder(self.recipe.decoder_precision, self.recipe.provider)
        if self.recipe.int8_products:
            self._patch(built, self.scratch / DECODER_NAME)
            quantise_rows(self.scratch / DECODER_NAME, self.artifacts / DECODER_NAME)
        else:
            self._patch(built, self.artifacts / DECODER_NAME)
        if not self.recipe.embeds_in_graph:
            dtype = self.recipe.torch_dtype
            export_embeddings(self.loaded.model, self.artifacts / EMBEDDINGS_NAME, dtype=dtype)

    def _patch(self, built: Path, target: Path) -> None:
        patch_decoder(
            built,
            target,
            scale_in_norms=self.recipe.provider is Provider.CPU,
            embeds_in_graph=self.recipe.embeds_in_graph,
            residual_in_float32=self._residual_in_float32,
        )

    @property
    def _residual_in_float32(self) -> bool:
        """Whether the residual stream is float32, because activations are too large or were not measured."""
        if self.recipe.io_dtype != "float16":
            return False
        return self.activations is None or self.activations.residual_in_float32

    def _check(self, clips: list[Clip]) -> dict[str, Any]:
        """Compare the graphs here, or write golden clips for the machine that first loads them."""
        self.report("comparing with PyTorch", 0.70)
        if self.options.check and self.recipe.runs_here:
            return self._check_graphs(clips)
        write_golden(Reference(self.loaded.model, self.loaded.ids.end_of_text), clips, self.artifacts)
        if self.activations is None:
            return {}
        return {"activations": self.activations.summary(), **self._check_float16_numerics(clips)}

    def _check_graphs(self, clips: list[Clip], decoder: Path | None = None) -> dict[str, Any]:
        limits = LIMITS[self.recipe.target]
        results = compare_graphs(self.loaded, clips, self.artifacts, decoder)
        check(results, limits)
        return summary(results, limits)

    def _check_float16_numerics(self, clips: list[Clip]) -> dict[str, Any]:
        """Compare the CUDA graphs in float16; with fused norms written out the CPU can run them."""
        runnable = self.artifacts / f"runnable-{DECODER_NAME}"
        write_out_norms(self.artifacts / DECODER_NAME, runnable)
        try:
            return {"decoder": "on the CPU, norms written out", **self._check_graphs(clips, runnable)}
        finally:
            runnable.unlink()

    def _built_decoder(self, precision: str, provider: Provider) -> Path:
        return build_decoder(self._text_checkpoint, self.scratch, precision=precision, provider=provider)

    @property
    def _text_checkpoint(self) -> Path:
        return self.scratch / "text"

    def _manifest(self, parity: dict[str, Any]) -> Manifest:
        files = sorted(path for path in self.artifacts.rglob("*") if path.is_file())
        checkpoint = self.loaded.checkpoint
        return Manifest(
            target=self.recipe.target,
            source=checkpoint.source.name,
            revision=checkpoint.source.revision,
            layout=str(checkpoint.layout),
            audio=self.loaded.audio,
            text=self.loaded.text,
            tokens=self.loaded.ids,
            dtypes=self.recipe.dtypes,
            languages=LANGUAGES,
            files={path.relative_to(self.artifacts).as_posix(): describe_file(path) for path in files},
            checked=self.recipe.runs_here and self.options.check,
            parity=parity,
            tools=tool_versions(),
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )


def _ignore(stage: str, share: float) -> None:
    """Progress callback for callers that pass none."""

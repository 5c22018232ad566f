"""Everything loaded from an artifact directory, checked and warmed up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from asr_engine.config import EngineConfig
from asr_engine.errors import ArtifactError, ConfigError
from asr_engine.features import MelFrontEnd
from asr_engine.graphs.decoder import Decoder
from asr_engine.graphs.device_decoder import DeviceDecoder
from asr_engine.graphs.encoder import EncoderRunner
from asr_engine.graphs.golden import check_golden
from asr_engine.graphs.host_decoder import DecoderRunner
from asr_engine.graphs.int8_support import may_saturate
from asr_engine.graphs.session import choose_device, intra_op_threads
from asr_engine.manifest import (
    DECODER_NAME,
    ENCODER_NAME,
    TOKENIZER_NAME,
    Manifest,
    load_manifest,
    verify_files,
)
from asr_engine.text.languages import Languages
from asr_engine.text.tokenizer import AsrTokenizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """The parts of one model on one device."""

    manifest: Manifest
    tokenizer: AsrTokenizer
    languages: Languages
    encoder: EncoderRunner
    decoder: Decoder


def load_model(artifacts: Path, config: EngineConfig, device_id: int) -> Model:
    """Raises ArtifactError or ConfigError with one sentence that names what does not fit."""
    manifest = load_manifest(artifacts)
    device = choose_device(config.device, device_id, manifest.target)
    if config.max_positions > manifest.text.max_positions:
        raise ConfigError(
            f"max_positions is {config.max_positions}; the checkpoint allows {manifest.text.max_positions}"
        )
    _check_listed(artifacts, manifest)
    verify_files(artifacts, manifest)
    if manifest.target == "cpu-int8" and may_saturate():
        _log.warning("this processor has no VNNI instructions: int8 may overflow; cpu-fp32 is safe")
    threads = intra_op_threads(config)
    decoder = DeviceDecoder if manifest.embeds_in_graph else DecoderRunner
    model = Model(
        manifest,
        AsrTokenizer(artifacts / TOKENIZER_NAME),
        Languages(manifest.languages),
        EncoderRunner(artifacts, manifest, device, threads),
        decoder(artifacts, manifest, config, device, threads),
    )
    model.encoder.warm_up()
    model.decoder.warm_up()
    if not manifest.checked:
        front_end = MelFrontEnd(manifest.audio)
        check_golden(
            artifacts, front_end, model.encoder, model.decoder, manifest.tokens, config.max_positions
        )
    return model


def _check_listed(artifacts: Path, manifest: Manifest) -> None:
    for name in (ENCODER_NAME, DECODER_NAME, TOKENIZER_NAME):
        if name not in manifest.files:
            raise ArtifactError(f"{artifacts}: the manifest does not list {name}")

"""Model: everything loaded from an artifact directory, checked and warmed up."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from asr_engine.config import EngineConfig
from asr_engine.device import Device
from asr_engine.errors import ArtifactError, ConfigError
from asr_engine.features import MelFrontEnd
from asr_engine.graphs.decoder import Decoder
from asr_engine.graphs.device_decoder import DeviceDecoder
from asr_engine.graphs.encoder import Encoder
from asr_engine.graphs.golden import check_golden
from asr_engine.graphs.host_decoder import HostDecoder
from asr_engine.graphs.int8_support import may_saturate
from asr_engine.graphs.session import choose_device, intra_op_threads
from asr_engine.graphs.warm_up import warm_up
from asr_engine.manifest import (
    DECODER_NAME,
    ENCODER_NAME,
    TOKENIZER_NAME,
    Manifest,
    Target,
    load_manifest,
    verify_files,
)
from asr_engine.slot_count import chosen_slots
from asr_engine.text.languages import Languages
from asr_engine.text.tokenizer import AsrTokenizer

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Model:
    """The parts of one model on one device."""

    manifest: Manifest
    device: Device
    config: EngineConfig  # as given, with the number of slots decided
    tokenizer: AsrTokenizer
    languages: Languages
    encoder: Encoder
    decoder: Decoder


def load_model(artifacts: Path, config: EngineConfig, device_id: int) -> Model:
    """Decide on device and slots, check the files, open the graphs and warm them up.

    Raises ArtifactError or ConfigError with one sentence that names what does not fit.
    """
    manifest = load_manifest(artifacts)
    device = choose_device(config.device, device_id, manifest.target)
    if config.max_positions > manifest.text.max_positions:
        raise ConfigError(
            f"max_positions is {config.max_positions}; the checkpoint allows {manifest.text.max_positions}"
        )
    _check_listed(artifacts, manifest)
    verify_files(artifacts, manifest)
    if manifest.target == Target.CPU_INT8 and may_saturate():
        _log.warning("this processor has no VNNI instructions: int8 may overflow; cpu-fp32 is safe")
    threads = intra_op_threads(config)
    config = replace(config, slots=chosen_slots(config, manifest, device.kind, threads))
    tokenizer = AsrTokenizer(artifacts / TOKENIZER_NAME)
    encoder = Encoder(artifacts, manifest, device, threads)
    open_decoder = DeviceDecoder if manifest.embeds_in_graph else HostDecoder
    decoder = open_decoder(artifacts, manifest, config, device, threads)
    warm_up(encoder, decoder, manifest.audio, config.slots)
    if not manifest.checked:
        front_end = MelFrontEnd(manifest.audio)
        check_golden(artifacts, front_end, encoder, decoder, manifest.tokens, config.max_positions)
    return Model(manifest, device, config, tokenizer, Languages(manifest.languages), encoder, decoder)


def _check_listed(artifacts: Path, manifest: Manifest) -> None:
    for name in (ENCODER_NAME, DECODER_NAME, TOKENIZER_NAME):
        if name not in manifest.files:
            raise ArtifactError(f"{artifacts}: the manifest does not list {name}")

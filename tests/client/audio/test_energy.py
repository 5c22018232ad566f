"""Levels and energy are measured alike however the samples arrive."""

from __future__ import annotations

import numpy as np
import pytest

from asr_client.audio.energy import EnergyMeter, Level, LevelMeter
from tests.client.client_audio import energy_db


def level_of(pcm: np.ndarray) -> Level:
    meter = LevelMeter()
    meter.add(pcm)
    return meter.level()


def test_levels_are_relative_to_full_scale() -> None:
    sine = 0.5 * np.sin(2 * np.pi * 100 * np.arange(16_000) / 16_000)
    level = level_of((sine * 32768).astype(np.int16))
    assert (level.rms_dbfs, level.peak_dbfs) == (-9.0, -6.0)
    assert level.offset == pytest.approx(0, abs=1)
    assert level_of(np.zeros(100, np.int16)).peak_dbfs is None
    assert level_of(np.full(100, -32768, np.int16)).peak_dbfs == 0.0


def test_an_offset_and_overdrive_are_measured() -> None:
    assert level_of(np.full(100, 300, np.int16)).offset == 300
    square = np.resize(np.array([32767, -32768], np.int16), 100)
    assert level_of(np.concatenate([square, np.zeros(100, np.int16)])).clipped_share == 0.5


@pytest.mark.parametrize("step", [1, 159, 160, 1000])
def test_energy_does_not_depend_on_how_the_samples_arrive(step: int) -> None:
    pcm = np.random.default_rng(0).integers(-3000, 3000, 16_010).astype(np.int16)
    meter = EnergyMeter()
    for start in range(0, len(pcm), step):
        meter.add(pcm[start : start + step])
    assert np.array_equal(meter.energy_db(), energy_db(pcm))
    assert len(meter.energy_db()) == 101


def test_an_offset_is_not_energy() -> None:
    assert energy_db(np.full(1600, 5000, np.int16)).max() == pytest.approx(-120.0)
    assert energy_db(np.zeros(0, np.int16)).size == 0

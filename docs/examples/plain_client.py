"""Transcribe a mono 16-kHz 16-bit WAV file with nothing but tritonclient: plain_client.py ADDRESS FILE."""

import sys
import wave

import numpy as np
import tritonclient.grpc as grpc

address, path = sys.argv[1:]
with wave.open(path) as wav:
    pcm = np.frombuffer(wav.readframes(wav.getnframes()), np.int16)[np.newaxis]  # [1, samples]
audio = grpc.InferInput("AUDIO", pcm.shape, "INT16").set_data_from_numpy(pcm)
result = grpc.InferenceServerClient(address).infer("qwen3_asr", [audio], client_timeout=60)
print(result.as_numpy("TEXT").item().decode())

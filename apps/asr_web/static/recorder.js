// The microphone: level while recording, a WAV file when it stops.
desk.recorder = (element, taken) => {
  "use strict";
  const SHORTEST_S = 0.5;
  const QUIET_AFTER_S = 4;
  const TAP = `registerProcessor("tap", class extends AudioWorkletProcessor {
    process(inputs) { if (inputs[0][0]) this.port.postMessage(inputs[0][0].slice()); return true; }
  });`;
  let take = null; // what is being recorded: stream, context, blocks, frames, loudest

  let problem = ""; // the complaint that is shown
  const unsent = []; // recordings that did not arrive: name, url, whether they were saved

  const part = (selector) => element.querySelector(selector);
  const go = (state) => { element.dataset.state = state; };

  function fail(kind) {
    problem = kind;
    go("problem");
    say();
  }

  function say() {
    const sentence = problem && desk.sentence(element, problem, part(".recorder").dataset.name);
    if (part(".problem.notice").textContent !== sentence) part(".problem.notice").textContent = sentence;
    if (part(".unsent").childElementCount !== unsent.length) part(".unsent").replaceChildren(...unsent.map(link));
  }

  function link(recording) {
    const link = document.createElement("a");
    link.className = "button";
    link.href = recording.url;
    link.download = recording.name;
    link.textContent = part(".unsent").dataset.label.replace("{name}", recording.name);
    link.addEventListener("click", () => { recording.saved = true; });
    const line = document.createElement("li");
    line.append(link);
    return line;
  }

  function complaintOf(error) {
    if (error.name === "NotAllowedError" || error.name === "SecurityError") return "denied";
    if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "missing";
    return "busy_device";
  }

  async function start() {
    if (!navigator.mediaDevices) return fail("insecure");
    part(".limit").hidden = true;
    go("asking");
    let stream;
    try {
      // Call audio is wanted as it is; browsers' clean-up eats the beginnings of words.
      stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true },
      });
      await listen(stream);
    } catch (error) {
      if (stream) stream.getTracks().forEach((track) => track.stop());
      return fail(complaintOf(error));
    }
    go("recording");
  }

  async function listen(stream) {
    const context = new AudioContext();
    const code = URL.createObjectURL(new Blob([TAP], { type: "text/javascript" }));
    await context.audioWorklet.addModule(code);
    URL.revokeObjectURL(code);
    const tap = new AudioWorkletNode(context, "tap", { numberOfOutputs: 0, channelCount: 1, channelCountMode: "explicit" });
    context.createMediaStreamSource(stream).connect(tap);
    take = { stream, context, blocks: [], frames: 0, loudest: 0, shown: 0, startedAt: performance.now() };
    tap.port.onmessage = ({ data }) => hear(data);
    stream.getAudioTracks()[0].onended = () => { if (take) stop(); }; // unplugged: keep what there is
  }

  function hear(block) {
    if (!take) return;
    take.blocks.push(block);
    take.frames += block.length;
    let peak = 0;
    for (const sample of block) peak = Math.max(peak, Math.abs(sample));
    take.loudest = Math.max(take.loudest, peak);
    take.level = Math.max(peak, (take.level || 0) * 0.97);
    const seconds = take.frames / take.context.sampleRate;
    if (seconds - take.shown < 0.05) return;
    take.shown = seconds;
    // Decibels from -60 to 0, as ears hear.
    part(".level").value = Math.max(0, 1 + Math.log10(Math.max(take.level, 1e-3)) / 3);
    part(".timer").textContent = `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
    part(".quiet").hidden = !(seconds > QUIET_AFTER_S && take.loudest < 0.01);
    if (seconds >= 60 * Number(part(".recorder").dataset.maxMinutes)) {
      stop();
      part(".limit").hidden = false;
    }
  }

  async function stop() {
    const { stream, context, blocks, frames } = take;
    const rate = context.sampleRate;
    take = null;
    stream.getTracks().forEach((track) => track.stop());
    context.close();
    if (frames < SHORTEST_S * rate) return fail("too_short");
    go("sending");
    const moment = new Date(Date.now() - new Date().getTimezoneOffset() * 60000).toISOString();
    const name = `${part(".recorder").dataset.name} ${moment.slice(0, 19).replace("T", " ").replaceAll(":", "-")}.wav`;
    const file = wav(blocks, frames, rate);
    try {
      taken({ id: await desk.send(file, name, () => {}) });
      go("idle");
    } catch (kind) {
      unsent.push({ name, url: URL.createObjectURL(file), saved: false });
      fail(kind === "no_space" || kind === "too_large" ? kind : "not_sent");
    }
  }

  // 16-bit mono WAV.
  function wav(blocks, frames, rate) {
    const data = new DataView(new ArrayBuffer(44 + 2 * frames));
    const text = (at, letters) => [...letters].forEach((letter, index) => data.setUint8(at + index, letter.charCodeAt(0)));
    text(0, "RIFF");
    data.setUint32(4, 36 + 2 * frames, true);
    text(8, "WAVEfmt ");
    data.setUint32(16, 16, true);
    data.setUint16(20, 1, true);
    data.setUint16(22, 1, true);
    data.setUint32(24, rate, true);
    data.setUint32(28, 2 * rate, true);
    data.setUint16(32, 2, true);
    data.setUint16(34, 16, true);
    text(36, "data");
    data.setUint32(40, 2 * frames, true);
    let at = 44;
    for (const block of blocks) {
      for (const sample of block) {
        data.setInt16(at, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true);
        at += 2;
      }
    }
    return new Blob([data], { type: "audio/wav" });
  }

  go("idle");
  // New markup, in another language, has none of what is said here.
  new MutationObserver(say).observe(element, { childList: true, subtree: true, characterData: true });
  element.addEventListener("click", (event) => {
    if (!event.target.closest("[data-record]")) return;
    const state = element.dataset.state;
    if (state === "recording" && take) {
      if (performance.now() - take.startedAt > 1000 * SHORTEST_S) stop(); // else the second half of a double click
    }
    else if (state === "idle" || state === "problem") start();
  });
  addEventListener("beforeunload", (event) => {
    if (take || element.dataset.state === "sending" || unsent.some(({ saved }) => !saved)) event.preventDefault();
  });
};

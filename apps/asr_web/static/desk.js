// The page's own script: which desk this browser tab has, playing from a turn, sorting, copying.
window.desk = (() => {
  "use strict";
  const LANGUAGE = "asr-desk-language";
  const KEY = "asr-desk-key";

  const stored = (storage, name) => {
    try { return storage.getItem(name); } catch { return null; } // storage may be forbidden
  };
  const store = (storage, name, value) => {
    try { storage.setItem(name, value); } catch { /* not remembered then */ }
  };

  // The key lives as long as the browser tab, so a reload finds its calls again.
  let key = stored(sessionStorage, KEY);
  if (!/^[0-9a-f]{32}$/.test(key || "")) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    store(sessionStorage, KEY, key);
  }
  // A duplicated browser tab copies the key; two tabs must not share a desk.
  const channel = "BroadcastChannel" in window ? new BroadcastChannel("asr-desk") : null;
  const me = Math.random();
  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data.ask === key && data.from !== me) channel.postMessage({ taken: key, by: me });
      if (data.taken === key && data.by !== me && !greeted) {
        sessionStorage.removeItem(KEY);
        location.reload();
      }
    };
    channel.postMessage({ ask: key, from: me });
  }
  let greeted = false;

  function preferredLanguage() {
    const chosen = stored(localStorage, LANGUAGE);
    if (chosen) return chosen;
    const wanted = (navigator.languages || [navigator.language]).map((name) => name.slice(0, 2));
    return wanted.find((name) => name === "zh" || name === "en") || "";
  }

  // Gradio calls this first; it goes to the server as the two hidden fields.
  function hello() {
    const language = preferredLanguage();
    if (language) document.documentElement.lang = language === "zh" ? "zh-CN" : language;
    return [key, language];
  }

  function ready() {
    greeted = true;
    document.documentElement.classList.add("desk-ready");
  }
  // Until then nothing can be used, so nothing is shown; in no language yet known, if it takes long.
  setTimeout(() => {
    document.documentElement.dataset.late = "页面没有响应，请稍候或刷新。 The page does not answer; wait a moment or reload it.";
  }, 15000);

  // Gradio loads the page anew once it is answered again; until then this says what is going on.
  setInterval(async () => {
    const answered = await fetch("desk/static/desk.css", { method: "HEAD", cache: "no-store" }).then(() => true, () => false);
    for (const notice of document.querySelectorAll(".notice.away")) notice.hidden = answered;
  }, 4000);

  // What the server renders: buttons with data-action tell the server, data-play plays.
  function view(element, act) {
    element.addEventListener("click", (event) => {
      const button = event.target.closest("[data-action]");
      if (button && event.detail < 2) { // the second half of a double click would meet the next button
        if (button.dataset.sure && !confirm(button.dataset.sure)) return;
        if (button.dataset.language) {
          store(localStorage, LANGUAGE, button.dataset.language);
          document.documentElement.lang = button.dataset.language === "zh" ? "zh-CN" : "en";
        } else {
          button.disabled = true; // the answer brings a new one; a second click is none
          setTimeout(() => { button.disabled = false; }, 2000);
        }
        element.dispatchEvent(new CustomEvent(`desk-${button.dataset.action}`, { bubbles: true }));
        act({ ...button.dataset });
      }
      const place = event.target.closest("[data-play]");
      const selecting = !getSelection().isCollapsed; // words of a turn, to copy them
      if (place && (place.matches("button") || !selecting)) playFrom(element, Number(place.dataset.play));
      const column = event.target.closest("th [data-column]");
      if (column) sortBy(element, Number(column.dataset.column));
    });
    element.addEventListener("timeupdate", () => follow(element), true);
    element.addEventListener("seeked", () => follow(element), true);
    new MutationObserver(() => resort(element)).observe(element, { childList: true, subtree: true, characterData: true });
  }

  function playFrom(element, seconds) {
    const audio = element.querySelector("audio");
    if (!audio) return;
    audio.currentTime = seconds;
    audio.play().catch(() => { /* paused again meanwhile, or forbidden by the browser */ });
  }

  // Mark the turn that is being heard, and move the line in the picture.
  function follow(element) {
    const audio = element.querySelector("audio");
    const call = element.querySelector(".call");
    if (!audio || !call) return;
    const now = audio.currentTime + 0.05;
    for (const turn of call.querySelectorAll(".turn")) {
      const heard = Number(turn.dataset.start) <= now && now < Number(turn.dataset.end);
      turn.classList.toggle("heard", heard && (!audio.paused || now > 0.1));
    }
    const line = call.querySelector(".playhead");
    if (line) {
      const place = `${Math.min(100, (100 * audio.currentTime) / Number(call.dataset.duration))}%`;
      line.setAttribute("x1", place);
      line.setAttribute("x2", place);
    }
  }

  // The server sends rows in the order of the files; the chosen order is kept here.
  const orders = new WeakMap();
  function sortBy(element, column) {
    const before = orders.get(element);
    orders.set(element, { column, down: before && before.column === column ? !before.down : false });
    resort(element);
  }

  function resort(element) {
    const table = element.querySelector("table.sortable");
    const order = orders.get(element);
    if (!table || !order) return;
    const rows = [...table.tBodies[0].rows];
    const value = (row) => row.cells[order.column].dataset.sort;
    const numeric = rows.every((row) => value(row) !== "" && !isNaN(value(row)));
    const compare = (a, b) => (numeric ? value(a) - value(b) : value(a).localeCompare(value(b)));
    const wanted = [...rows].sort((a, b) => (order.down ? compare(b, a) : compare(a, b)) || a.dataset.number - b.dataset.number);
    table.querySelectorAll("th").forEach((cell, index) => {
      const direction = index === order.column ? (order.down ? "descending" : "ascending") : null;
      if (cell.getAttribute("aria-sort") === direction) return;
      if (direction) cell.setAttribute("aria-sort", direction); else cell.removeAttribute("aria-sort");
    });
    if (wanted.some((row, index) => row !== rows[index])) table.tBodies[0].append(...wanted);
  }

  function copying(element) {
    element.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      const code = button.closest(".example").querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
      } catch { // plain http: select it, so that the usual keys copy it
        getSelection().selectAllChildren(code);
        return;
      }
      const label = button.textContent;
      button.textContent = button.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 1500);
    });
  }

  // Send one file; resolves to its id, rejects with the key of a complaint.
  function send(file, name, onProgress, signal) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `desk/${key}/files`);
      request.setRequestHeader("X-File-Name", encodeURIComponent(name));
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.upload.onprogress = (event) => onProgress(event.loaded / Math.max(event.total, 1));
      request.onload = () => {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
        if (request.status === 200 && answer.id) resolve(answer.id);
        else reject(answer.refused || "refused");
      };
      request.onerror = () => reject("lost");
      request.onabort = () => reject("stopped");
      if (signal) signal.addEventListener("abort", () => request.abort());
      request.send(file);
    });
  }

  const sentence = (element, kind, name) => {
    const pattern = element.querySelector(`[data-complaint="${kind}"]`) || element.querySelector('[data-complaint="refused"]');
    return pattern.textContent.replace("{name}", () => name); // "$&" in a name stays as it is
  };

  return { hello, ready, view, copying, send, sentence };
})();

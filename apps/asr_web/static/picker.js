// Choosing or dropping files, and sending them one after another.
desk.picker = (element, taken, many) => {
  "use strict";
  let queue = [];
  let sent = 0;
  let stopping = null; // AbortController while something is being sent
  let complaints = []; // kind and name of what was not taken

  const part = (selector) => element.querySelector(selector);

  function complain(kind, name) {
    complaints.push({ kind, name });
    list();
  }

  function list() {
    if (part(".complaints").childElementCount === complaints.length) return;
    part(".complaints").replaceChildren(...complaints.map(({ kind, name }) => {
      const line = document.createElement("li");
      line.textContent = desk.sentence(element, kind, name); // as text, whatever the name is
      return line;
    }));
  }

  function show(file, share) {
    const label = part(".sending [data-pattern]");
    label.textContent = label.dataset.pattern
      .replace("{number}", sent + 1)
      .replace("{total}", sent + queue.length)
      .replace("{name}", () => file.name);
    part(".sending progress").value = share;
  }

  function add(files) {
    if (!files.length) return;
    complaints = [];
    list();
    if (!many && files.length > 1) complain("one_only", files[0].name);
    const limit = Number(part(".picker").dataset.limit);
    for (const file of many ? files : files.slice(0, 1)) {
      if (file.size > limit * 1024 * 1024) complain("too_large", file.name);
      else if (file.size === 0) complain("empty", file.name);
      else queue.push(file);
    }
    if (!stopping && queue.length) sendAll();
  }

  async function sendAll() {
    stopping = new AbortController();
    element.dataset.state = "sending";
    sent = 0;
    while (queue.length) {
      const file = queue[0];
      show(file, 0);
      try {
        const id = await desk.send(file, file.name, (share) => show(file, share), stopping.signal);
        taken({ id });
      } catch (kind) {
        if (kind === "stopped") queue = [];
        else complain(kind, file.name);
      }
      queue.shift();
      sent += 1;
    }
    stopping = null;
    element.dataset.state = "idle";
  }

  element.dataset.state = "idle";
  // New markup, in another language, has no complaints.
  new MutationObserver(list).observe(element, { childList: true, subtree: true });
  element.addEventListener("change", (event) => {
    if (event.target.type !== "file") return;
    const files = [...event.target.files];
    event.target.value = ""; // the same file may be chosen again
    add(files);
  });
  element.addEventListener("click", (event) => {
    if (event.target.closest("[data-send=stop]") && stopping) stopping.abort();
  });
  // Cancelling a batch ends what is still being sent too.
  element.closest(".desk-tab").addEventListener("desk-cancel", () => { if (many && stopping) stopping.abort(); });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    element.addEventListener(kind, (event) => {
      event.preventDefault();
      const inside = kind !== "drop" && (kind !== "dragleave" || element.contains(event.relatedTarget));
      element.classList.toggle("over", inside);
      if (kind === "drop") add([...event.dataTransfer.files]);
    });
  }
  addEventListener("beforeunload", (event) => { if (stopping) event.preventDefault(); });
};

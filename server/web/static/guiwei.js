// What the pages add when scripts run: the scan box is always ready, outcomes are heard and felt, what is new stands out.
// Nothing here is needed for a form to work.
(() => {
  "use strict";
  const TYPED = "input, textarea, select, [contenteditable]";
  const SOUNDS = { ok: [[880, 0.09]], already: [[660, 0.08], [660, 0.08]], refused: [[220, 0.28]] };
  const SHAKES = { ok: [40], already: [40, 60, 40], refused: [300] };
  const known = new Set();

  // Keys typed while nothing else wants them go to the scan box: a keyboard-wedge scanner needs no click first.
  document.addEventListener("keydown", (event) => {
    const box = document.getElementById("scan");
    if (!box || event.ctrlKey || event.altKey || event.metaKey || event.key.length !== 1 || event.key === " ") return;
    if (event.target instanceof Element && event.target.closest(TYPED)) return;
    if (!document.querySelector("[data-refusal]")) box.focus();
  });

  // A refusal is put away by touch or Escape, never by the Enter that a scanner sends after its code.
  document.addEventListener("keydown", (event) => {
    const refusal = document.querySelector("[data-refusal]");
    if (!refusal) return;
    if (event.key === "Escape") dismiss(refusal);
    else if (event.key === "Enter" && !(event.target instanceof Element && event.target.closest("main a, main form"))) {
      event.preventDefault();
      if (!event.repeat) insist(refusal);
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element && event.target.closest("[data-dismiss]");
    if (button && event.detail > 0) dismiss(button.closest("[data-refusal]"));
  });

  function dismiss(refusal) {
    if (refusal) refusal.remove();
    const box = empty();
    if (box) box.focus();
  }

  // What is scanned before a refusal is put away is not taken, and is told so: it is heard, felt, seen and said.
  function insist(refusal) {
    empty();
    tell("refused");
    for (const text of refusal.querySelectorAll("[data-insist]")) text.hidden = false;
    refusal.removeAttribute("data-again");
    void refusal.offsetWidth; // so that the movement begins anew
    refusal.setAttribute("data-again", "");
    refusal.scrollIntoView({ block: "nearest" });
  }

  function empty() {
    const box = document.getElementById("scan");
    if (box) box.value = "";
    return box;
  }

  // Each outcome has a sound and a shake of its own.
  function tell(outcome) {
    if (!navigator.userActivation || !navigator.userActivation.hasBeenActive) return;
    if (navigator.vibrate) navigator.vibrate(SHAKES[outcome] || []);
    const Context = window.AudioContext;
    if (!Context || !SOUNDS[outcome]) return;
    const context = new Context();
    let at = context.currentTime;
    for (const [pitch, length] of SOUNDS[outcome]) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = pitch;
      gain.gain.value = 0.12;
      tone.connect(gain).connect(context.destination);
      tone.start(at);
      tone.stop(at + length);
      at += length + 0.06;
    }
  }

  // The stream that keeps a page live comes back by itself once it was open; one that never opened is asked for again.
  const LATE_MS = 5000;
  let asked = false;
  setInterval(() => {
    const body = document.body;
    const stream = body.getAttribute("hx-sse:connect");
    if (!stream || asked || document.hidden || (body._htmx && body._htmx.sse)) return;
    asked = true;
    Promise.resolve(window.htmx.ajax("GET", stream, { source: body })).catch(() => {}).finally(() => { asked = false; });
  }, LATE_MS);

  // Lines that were not there a moment ago light up once.
  function remember(mark) {
    for (const line of document.querySelectorAll("[data-new]")) {
      const key = line.id;
      if (mark && !known.has(key)) line.dataset.fresh = "";
      known.add(key);
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    remember(false);
    const outcome = document.querySelector("[data-outcome]");
    if (outcome) {
      tell(outcome.dataset.outcome);
      const box = document.getElementById("scan");
      if (box) box.focus();
    }
  });
  document.addEventListener("htmx:after:swap", () => remember(true));
})();

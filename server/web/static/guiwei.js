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

  // What was typed into a form waits in this tab for the answer. When that is to sign in again, it is put back for who
  // typed it, and for nobody else; passwords, badges and what is stored sealed are not kept at all.
  const DRAFT = "guiwei-draft";
  const UNKEPT = "button, [type=hidden], [type=file], [type=password], [autocomplete=off]";
  const typed = (form) => [...form.elements].filter((field) => field.name && !field.matches(UNKEPT));
  const ticked = (field) => field.type === "checkbox" || field.type === "radio";
  document.addEventListener("submit", (event) => {
    const form = event.target, who = document.body.dataset.who;
    if (!who || form.getAttribute("method") !== "post" || !form.closest("main")) return;
    const fields = typed(form).map((field) => [field.name, field.value, field.checked]);
    sessionStorage.setItem(DRAFT, JSON.stringify({ who, action: form.getAttribute("action"), fields }));
  });

  function putBack() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) || "null"), who = document.body.dataset.who;
    if (!draft) return;
    if (!who) { // an address of its own is signed in at by choice; at the form's, the form was not taken
      if (location.pathname !== "/sign-in") sessionStorage.setItem(DRAFT, JSON.stringify({ ...draft, refused: true }));
      return;
    }
    sessionStorage.removeItem(DRAFT);
    const form = [...document.forms].find((one) => one.getAttribute("action") === draft.action);
    if (!draft.refused || draft.who !== who || !form) return;
    for (const field of typed(form)) {
      const at = draft.fields.findIndex(([name, value]) => name === field.name && (!ticked(field) || value === field.value));
      if (at < 0) continue;
      const [[, value, checked]] = draft.fields.splice(at, 1);
      if (ticked(field)) field.checked = checked;
      else field.value = value;
    }
  }

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
    putBack();
    const outcome = document.querySelector("[data-outcome]");
    if (outcome) {
      tell(outcome.dataset.outcome);
      const box = document.getElementById("scan");
      if (box) box.focus();
    }
  });
  document.addEventListener("htmx:after:swap", () => remember(true));
})();

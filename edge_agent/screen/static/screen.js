// Keeps the screen new: takes the panel from the stream, puts refusals away by touch, says when nothing is heard.
"use strict";

const panel = document.getElementById("panel");
const lost = document.getElementById("lost");
const SILENT_MS = 12000;
const RETRY_MS = 2000;
const HOME_MS = 60000; // so long after the last touch the next person finds the panel's own language again
let heard = Date.now();
let touched = Date.now();
let dismissed = null;

function putAway() {
  const refusal = panel.querySelector("[data-refusal]");
  if (refusal && refusal.dataset.refusal === dismissed) refusal.remove();
}

function listen() {
  const source = new EventSource("/events?language=" + document.body.dataset.language);
  source.addEventListener("panel", (event) => {
    panel.innerHTML = event.data;
    document.body.dataset.live = "true";
    hear();
    putAway();
  });
  source.addEventListener("beat", hear);
  source.addEventListener("error", () => {
    if (source.readyState !== EventSource.CLOSED) return;
    setTimeout(listen, RETRY_MS);
  });
}

function hear() {
  heard = Date.now();
  lost.hidden = true;
}

// A touch or a click puts a refusal away; the Enter that a scanner types (a click without a pointer) does not.
panel.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  if (!button || event.detail === 0) return;
  dismissed = button.closest("[data-refusal]").dataset.refusal;
  putAway();
});

addEventListener("pointerdown", () => { touched = Date.now(); });
addEventListener("contextmenu", (event) => event.preventDefault());

setInterval(() => {
  lost.hidden = Date.now() - heard < SILENT_MS;
  const away = document.body.dataset.language !== document.body.dataset.home;
  const idle = panel.querySelector("main").dataset.situation === "idle";
  if (away && idle && Date.now() - touched > HOME_MS) location.replace("/");
}, 1000);

listen();

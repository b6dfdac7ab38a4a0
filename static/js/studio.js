// The studio page: opens the frame on a press, helps when it does not come, and leaves when the photos are taken.
import { watch } from "./live.js";
import { advise, isStrict } from "./preflight.js";

const HINT_MS = 10_000;
const LADDER_MS = 30_000;
// Somebody may be busy in the studio for long; this late, the other ways are worth showing to anybody.
const LATE_MS = (isStrict ? 3 : 10) * 60_000;
const LEAVE_MS = 2_500;
// Only these say that the studio is done with the person; anything else just belongs on their page.
const TAKEN = new Set(["photos_received", "in_progress", "ready", "chosen"]);

const byId = (id) => document.getElementById(id);
const live = byId("live");
const studio = byId("studio");
const trouble = /** @type {HTMLDetailsElement} */ (byId("trouble"));
let frame = null;
let hintTimer = 0;
let ladderTimer = 0;

/** @param {NodeListOf<HTMLElement>} parts */
function setHidden(parts, isHidden) {
  for (const part of parts) part.hidden = isHidden;
}

function stopTimers() {
  clearTimeout(hintTimer);
  clearTimeout(ladderTimer);
}

function offerLadder(why) {
  const text = byId("silent-note").querySelector("span");
  text.textContent = text.dataset[why];
  trouble.open = true;
}

// What stands in the frame cannot be read, and a refused or broken frame "loads" like any other. Only what
// comes of it counts: a message from the studio, or somebody working in it.
function signOfLife() {
  clearTimeout(ladderTimer);
  byId("silent-note").querySelector("span").textContent = "";
  ladderTimer = setTimeout(offerLadder, LATE_MS, "late");
}

function load() {
  const hold = byId("frame-hold");
  frame?.remove();
  stopTimers();
  frame = document.createElement("iframe");
  frame.title = hold.dataset.title;
  frame.allow = hold.dataset.allow;
  if (hold.dataset.sandbox) frame.setAttribute("sandbox", hold.dataset.sandbox);
  frame.referrerPolicy = "no-referrer";
  frame.loading = "eager";
  frame.addEventListener("load", () => {
    clearTimeout(hintTimer);
    byId("frame-hint").hidden = true;
    byId("frame-skeleton").hidden = true;
    frame.classList.add("is-loaded");
  });
  byId("frame-skeleton").hidden = false;
  // The address first: a frame without one is empty, and that it "loads" at once.
  frame.src = hold.dataset.src;
  hold.append(frame);
  hintTimer = setTimeout(() => {
    byId("frame-hint").hidden = false;
  }, HINT_MS);
  ladderTimer = setTimeout(offerLadder, LADDER_MS, "silent");
}

function show(isOpen) {
  byId("frame-area").hidden = !isOpen;
  byId("door").hidden = isOpen;
  studio.classList.toggle("is-open", isOpen);
  byId("close-frame").hidden = !isOpen;
  byId("full-frame").hidden = !isOpen;
  byId("silent-note").querySelector("span").textContent = "";
  byId("open-tab").classList.toggle("is-second", isOpen);
  setHidden(document.querySelectorAll(".needs-frame"), !isOpen);
}

function open() {
  show(true);
  load();
  studio.scrollIntoView({ block: "start", behavior: "smooth" });
  byId("studio-title").focus({ preventScroll: true });
}

function fill(isFull) {
  studio.classList.toggle("is-full", isFull);
  document.documentElement.classList.toggle("has-full-studio", isFull);
  byId("full-frame").setAttribute("aria-pressed", String(isFull));
}

function close() {
  stopTimers();
  fill(false);
  frame?.remove();
  frame = null;
  byId("frame-hint").hidden = true;
  show(false);
  byId("open-frame").focus();
}

function leave() {
  fill(false);
  byId("moving-on").hidden = false;
  byId("live-said").textContent = byId("live-said").dataset.done;
  byId("moving-on").scrollIntoView({ block: "center" });
  setTimeout(() => location.assign(live.dataset.home), LEAVE_MS);
}

function onStage(section) {
  const { stage } = section.dataset;
  if ("wait" in studio.dataset) {
    if (stage !== "starting") location.reload();
    // Only the words move, so that nothing else on the page starts anew.
    else byId("wait").replaceWith(section.querySelector("#wait"));
  } else if (TAKEN.has(stage)) leave();
  else if (stage !== "in_studio" && stage !== "starting") location.assign(live.dataset.home);
}

const look = watch({
  status: live.dataset.status,
  events: live.dataset.events,
  etag: live.dataset.etag,
  onChange: onStage,
  onContact: (isConnected) => {
    byId("live-note").hidden = isConnected;
  },
});

if (!("wait" in studio.dataset)) {
  const origins = new Set(studio.dataset.origins.split(" ").filter(Boolean));
  setHidden(studio.querySelectorAll("[data-needs-script]"), false);
  byId("to-trouble").hidden = false;
  byId("to-trouble").addEventListener("click", () => {
    fill(false);
    trouble.open = true;
  });
  if (location.hash === "#trouble") trouble.open = true;
  byId("open-frame").addEventListener("click", open);
  byId("close-frame").addEventListener("click", close);
  byId("reload-frame").addEventListener("click", load);
  byId("full-frame").addEventListener("click", () => fill(!studio.classList.contains("is-full")));
  // Only the size changes: Escape must never end what somebody is doing.
  addEventListener("keydown", (event) => {
    if (event.key === "Escape") fill(false);
  });
  byId("open-tab").addEventListener("click", () => {
    byId("tab-note").hidden = false;
  });
  // Whatever the studio says is only a reason to look; what is true is on our server.
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || !origins.has(event.origin)) return;
    signOfLife();
    look();
  });
  addEventListener("blur", () => {
    if (frame && document.activeElement === frame) signOfLife();
  });
  if (isStrict) studio.classList.add("is-tab-first");
  advise(byId("preflight"));
}

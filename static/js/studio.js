// The studio page: opens the frame on a press, helps when it does not come, and leaves when the photos are taken.
import { watch } from "./live.js";

const HINT_MS = 10_000;
const LADDER_MS = 30_000;
const LEAVE_MS = 2_500;
// Only these say that the studio is done with the person; anything else just belongs on their page.
const TAKEN = new Set(["photos_received", "in_progress", "ready", "chosen"]);

const byId = (id) => document.getElementById(id);
const live = byId("live");
const studio = byId("studio");
let frame = null;
let timers = [];

function stopTimers() {
  timers.forEach(clearTimeout);
  timers = [];
}

function load() {
  const hold = byId("frame-hold");
  frame?.remove();
  stopTimers();
  frame = document.createElement("iframe");
  frame.title = hold.dataset.title;
  frame.allow = hold.dataset.allow;
  frame.referrerPolicy = "no-referrer";
  frame.loading = "eager";
  frame.addEventListener("load", () => {
    // A refused frame "loads" too, so the ladder stays within reach.
    stopTimers();
    byId("frame-hint").hidden = true;
    byId("frame-skeleton").hidden = true;
    frame.classList.add("is-loaded");
  });
  byId("frame-skeleton").hidden = false;
  hold.append(frame);
  frame.src = hold.dataset.src;
  timers = [
    setTimeout(() => { byId("frame-hint").hidden = false; }, HINT_MS),
    setTimeout(() => { byId("trouble").open = true; }, LADDER_MS),
  ];
}

function show(isOpen) {
  byId("frame-area").hidden = !isOpen;
  byId("door").hidden = isOpen;
  studio.classList.toggle("is-open", isOpen);
  byId("close-frame").hidden = !isOpen;
  byId("open-tab").classList.toggle("is-second", isOpen);
  document.querySelectorAll(".needs-frame").forEach((part) => { part.hidden = !isOpen; });
}

function open() {
  show(true);
  load();
  byId("camera-note").hidden = true;
  studio.scrollIntoView({ block: "start", behavior: "smooth" });
  byId("studio-title").focus({ preventScroll: true });
}

function close() {
  stopTimers();
  frame?.remove();
  frame = null;
  byId("frame-hint").hidden = true;
  show(false);
  byId("open-frame").focus();
}

async function adviseOnCamera() {
  const note = byId("camera-note");
  const text = note.querySelector("span");
  const say = (key) => { text.textContent = text.dataset[key]; note.hidden = false; };
  if (!isSecureContext || !navigator.mediaDevices) return say("insecure");
  const state = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (state?.state === "denied") return say("denied");
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => null);
  if (devices && !devices.some((device) => device.kind === "videoinput")) say("none");
}

function leave() {
  byId("moving-on").hidden = false;
  byId("live-said").textContent = byId("live-said").dataset.done;
  byId("moving-on").scrollIntoView({ block: "center" });
  setTimeout(() => location.assign(live.dataset.home), LEAVE_MS);
}

function onStage(section) {
  const { stage } = section.dataset;
  if ("wait" in studio.dataset) {
    if (stage !== "starting") location.reload();
  } else if (TAKEN.has(stage)) leave();
  else if (stage !== "in_studio" && stage !== "starting") location.assign(live.dataset.home);
}

const look = watch({
  status: live.dataset.status,
  events: live.dataset.events,
  etag: live.dataset.etag,
  onChange: onStage,
  onContact: (isConnected) => { byId("live-note").hidden = isConnected; },
});

if (!("wait" in studio.dataset)) {
  const origins = new Set(studio.dataset.origins.split(" ").filter(Boolean));
  byId("door").hidden = false;
  byId("open-frame").addEventListener("click", open);
  byId("close-frame").addEventListener("click", close);
  byId("reload-frame").addEventListener("click", load);
  byId("open-tab").addEventListener("click", () => { byId("tab-note").hidden = false; });
  // Whatever the studio says is only a reason to look; what is true is on our server.
  addEventListener("message", (event) => {
    if (frame && event.source === frame.contentWindow && origins.has(event.origin)) look();
  });
  adviseOnCamera();
}

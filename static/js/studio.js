// The studio page: opens the frame on a press, offers other ways when it stays silent, leaves when the photos are taken.
import { watch } from "./live.js";
import { checkBrowser, isStrict } from "./preflight.js";
import "./queue-place.js";
import "./times.js";

const HINT_MS = 10_000;
const OFFER_MS = 30_000;
// A session can take long; after this time the other ways are worth showing in any case.
const LATE_MS = (isStrict ? 3 : 10) * 60_000;
const LEAVE_MS = 2_500;
// Stages after the studio. Any other stage belongs on my page.
const TAKEN = new Set(["photos_received", "in_progress", "ready", "chosen"]);

const byId = (id) => document.getElementById(id);
const live = byId("live");
const studio = byId("studio");
const more = /** @type {HTMLDetailsElement} */ (byId("more"));
const dialog = /** @type {HTMLDialogElement} */ (byId("help-dialog"));
const isWaiting = "wait" in studio.dataset;
let frame = null;
let hintTimer = 0;
let offerTimer = 0;

/** @param {NodeListOf<HTMLElement>} parts */
function setHidden(parts, isHidden) {
  for (const part of parts) part.hidden = isHidden;
}

function stopTimers() {
  clearTimeout(hintTimer);
  clearTimeout(offerTimer);
}

function hideNotes() {
  byId("frame-hint").hidden = true;
  byId("frame-offer").hidden = true;
}

function offerOtherWays(reason) {
  const text = byId("frame-offer-text");
  text.textContent = text.dataset[reason];
  byId("frame-hint").hidden = true;
  byId("frame-offer").hidden = false;
}

// The content of the frame cannot be read, and a refused frame fires "load" as well. Evidence that it works is
// a message from the studio or the focus inside the frame.
function markAlive() {
  clearTimeout(offerTimer);
  byId("frame-offer").hidden = true;
  offerTimer = setTimeout(offerOtherWays, LATE_MS, "late");
}

function loadFrame() {
  const hold = byId("frame-hold");
  frame?.remove();
  stopTimers();
  hideNotes();
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
  // Set before the frame is inserted: an empty frame fires "load" at once.
  frame.src = hold.dataset.src;
  hold.append(frame);
  hintTimer = setTimeout(() => {
    byId("frame-hint").hidden = false;
  }, HINT_MS);
  offerTimer = setTimeout(offerOtherWays, OFFER_MS, "silent");
}

function showFrame(isOpen) {
  byId("frame-area").hidden = !isOpen;
  byId("prep").hidden = isOpen;
  studio.classList.toggle("is-open", isOpen);
  document.documentElement.classList.toggle("has-open-studio", isOpen);
  setHidden(document.querySelectorAll(".needs-frame"), !isOpen);
}

function openFrame() {
  showFrame(true);
  loadFrame();
  byId("frame-title").focus({ preventScroll: true });
}

function closeFrame() {
  stopTimers();
  if (document.fullscreenElement) document.exitFullscreen();
  frame?.remove();
  frame = null;
  hideNotes();
  showFrame(false);
  byId("open-frame").focus();
}

function leave() {
  stopTimers();
  if (document.fullscreenElement) document.exitFullscreen();
  byId("moving-on").hidden = false;
  byId("live-said").textContent = byId("live-said").dataset.done;
  setTimeout(() => location.assign(live.dataset.home), LEAVE_MS);
}

function onStage(section) {
  const { stage } = section.dataset;
  if (isWaiting) {
    if (stage !== "starting") location.reload();
    // Only the wait changes, so that nothing else on the page is redrawn.
    else byId("wait").replaceWith(section.querySelector("#wait"));
  } else if (TAKEN.has(stage)) leave();
  else if (stage !== "in_studio" && stage !== "starting") location.assign(live.dataset.home);
}

function openHelp(headingId) {
  more.open = false;
  if (!dialog.open) dialog.showModal();
  const heading = byId(headingId);
  heading.focus({ preventScroll: true });
  heading.scrollIntoView({ block: "start" });
}

function setUpHelp() {
  dialog.prepend(byId("help-content"));
  const summary = byId("help").querySelector("summary");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link-row";
  button.dataset.help = "help-title";
  button.append(...summary.childNodes);
  byId("help").replaceWith(button);
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("[data-help]");
  for (const each of buttons) each.addEventListener("click", () => openHelp(each.dataset.help));
  byId("reload-frame").addEventListener("click", () => {
    dialog.close();
    loadFrame();
  });
  if (location.hash === "#help") openHelp("help-title");
}

function setUpFullScreen() {
  if (!document.fullscreenEnabled) return;
  /** @type {NodeListOf<HTMLElement>} */
  const buttons = document.querySelectorAll("[data-full-screen]");
  for (const button of buttons) {
    const label = button.querySelector("span");
    const enter = label.textContent;
    button.hidden = false;
    button.addEventListener("click", () => {
      more.open = false;
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen().catch(() => {});
    });
    document.addEventListener("fullscreenchange", () => {
      label.textContent = document.fullscreenElement ? button.dataset.exit : enter;
    });
  }
}

const look = watch({
  status: live.dataset.status,
  events: live.dataset.events,
  signedOut: live.dataset.signedOut,
  etag: live.dataset.etag,
  onChange: onStage,
  onContact: (isConnected) => {
    byId("live-note").hidden = isConnected;
  },
});

if (!isWaiting) {
  const origins = new Set(studio.dataset.origins.split(" ").filter(Boolean));
  setHidden(studio.querySelectorAll("[data-needs-script]"), false);
  setUpHelp();
  setUpFullScreen();
  byId("open-frame").addEventListener("click", openFrame);
  byId("close-frame").addEventListener("click", closeFrame);
  byId("dismiss-offer").addEventListener("click", markAlive);
  byId("open-tab").addEventListener("click", () => {
    byId("tab-note").hidden = false;
  });
  // A message is only a hint to ask our server, which knows the stage.
  addEventListener("message", (event) => {
    if (!frame || event.source !== frame.contentWindow || !origins.has(event.origin)) return;
    markAlive();
    look();
  });
  // Firefox sets activeElement after "blur"; WebKit never does, but the document keeps the focus.
  addEventListener("blur", () =>
    setTimeout(() => {
      if (frame && (document.activeElement === frame || document.hasFocus())) markAlive();
    }),
  );
  if (isStrict) studio.classList.add("is-tab-first");
  checkBrowser(byId("preflight"));
}

// My page: replaces the stage when it changes, announces it, and shows a notification if one was requested.
import { watch } from "./live.js";
import { isRequested, offerNotification, showNotification } from "./notify.js";
import "./queue-place.js";
import { formatTimes, moveBars } from "./times.js";

const live = document.getElementById("live");
const said = document.getElementById("live-said");
const note = document.getElementById("live-note");

function replaceStage(section) {
  const old = document.getElementById("stage");
  const hadFocus = old.contains(document.activeElement);
  const isNews = section.dataset.title !== old.dataset.title;
  const wasOpen = old.querySelector("details")?.open;
  formatTimes(section);
  moveBars(section);
  offerNotification(section);
  old.replaceWith(section);
  if (wasOpen && section.querySelector("details")) section.querySelector("details").open = true;
  if (hadFocus) section.querySelector("#stage-title").focus({ preventScroll: true });
  if (!isNews) return;
  document.title = `${section.dataset.title} – ${live.dataset.suffix}`;
  /** @type {HTMLLinkElement} */
  const icon = document.querySelector("link[rel=icon]");
  icon.href = section.dataset.icon;
  said.textContent = section.dataset.title;
  if (section.dataset.stage === "ready") showNotification(section.dataset.title, section.dataset.icon);
}

offerNotification(document);
watch({
  status: live.dataset.status,
  events: live.dataset.events,
  signedOut: live.dataset.signedOut,
  etag: live.dataset.etag,
  onChange: replaceStage,
  onContact: (isConnected) => {
    note.hidden = isConnected;
  },
  isWaitedFor: isRequested,
});

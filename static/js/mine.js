// My page: puts each new stage in place of the old one, quietly, and calls back whoever asked for it.
import { watch } from "./live.js";
import { isWanted, offer, tell } from "./notify.js";
import { tellTimes } from "./times.js";

const live = document.getElementById("live");
const said = document.getElementById("live-said");
const note = document.getElementById("live-note");

function put(section) {
  const old = document.getElementById("stage");
  const hadFocus = old.contains(document.activeElement);
  const isNews = section.dataset.title !== old.dataset.title;
  const wasOpen = old.querySelector("details")?.open;
  tellTimes(section);
  offer(section);
  old.replaceWith(section);
  if (wasOpen && section.querySelector("details")) section.querySelector("details").open = true;
  if (hadFocus) section.querySelector("#stage-title").focus({ preventScroll: true });
  if (!isNews) return;
  document.title = `${section.dataset.title} – ${live.dataset.suffix}`;
  /** @type {HTMLLinkElement} */
  const icon = document.querySelector("link[rel=icon]");
  icon.href = section.dataset.icon;
  said.textContent = section.dataset.title;
  if (section.dataset.stage === "ready") tell(section.dataset.title, section.dataset.icon);
}

offer(document);
watch({
  status: live.dataset.status,
  events: live.dataset.events,
  etag: live.dataset.etag,
  onChange: put,
  onContact: (isConnected) => {
    note.hidden = isConnected;
  },
  isWaitedFor: isWanted,
});

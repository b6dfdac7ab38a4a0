// My data: moments in the reader's time zone, and the export's progress without reloading the page.

import { formatTimes } from "./times.js";

const POLL_MS = 2000;
const CHECKS_OF_DOWNLOAD = 30;

/** @param {ParentNode} root */
function find(root = document) {
  return /** @type {HTMLElement | null} */ (root.querySelector("#export-state"));
}

/** @param {ParentNode | null} root */
const hasDownload = (root) => Boolean(root?.querySelector("[data-download]"));

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const next = find(new DOMParser().parseFromString(await answer.text(), "text/html"));
  const shown = find();
  if (!next || !shown) return location.reload();
  // The button and the focus on it stay while it leads to the same download; only its token differs each time.
  if (next.outerHTML !== shown.outerHTML && !(hasDownload(next) && hasDownload(shown))) {
    shown.replaceWith(next);
    formatTimes();
  }
  schedule();
}

function schedule() {
  if (find()?.dataset.state === "pending") setTimeout(() => refresh().catch(schedule), POLL_MS);
}

// A download leaves the page as it is: it is shown anew once the server has recorded it, which may take some seconds.
function followDownload(checks) {
  setTimeout(async () => {
    await refresh().catch(() => {});
    if (checks > 1 && hasDownload(find())) followDownload(checks - 1);
  }, POLL_MS);
}

document.addEventListener("submit", (event) => {
  if (/** @type {Element} */ (event.target).matches("[data-download]")) followDownload(CHECKS_OF_DOWNLOAD);
});

schedule();

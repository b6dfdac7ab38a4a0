// My data: moments in the reader's time zone, and the export's progress without reloading the page.

import { formatTimes } from "./times.js";

const POLL_MS = 2000;

/** @param {ParentNode} root */
function find(root = document) {
  return /** @type {HTMLElement | null} */ (root.querySelector("#export-state"));
}

async function refresh() {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
  if (!answer.ok || answer.redirected) return location.reload();
  const next = find(new DOMParser().parseFromString(await answer.text(), "text/html"));
  const shown = find();
  if (!next || !shown) return location.reload();
  if (next.outerHTML !== shown.outerHTML) {
    shown.replaceWith(next);
    formatTimes();
  }
  schedule();
}

function schedule() {
  const shown = find();
  if (shown?.dataset.state === "pending") {
    setTimeout(() => refresh().catch(schedule), POLL_MS);
  }
  // A download leaves the page as it is: it is shown anew once the browser has the file.
  shown?.querySelector("[data-download]")?.addEventListener("submit", () => {
    setTimeout(() => refresh().catch(() => {}), POLL_MS);
  });
}

schedule();

// Replaces the part of a page that names an address in data-refresh while work goes on, and loads the page anew at its end.

const INTERVAL = 1000;

async function refresh() {
  const part = /** @type {HTMLElement | null} */ (document.querySelector("[data-refresh]"));
  const address = part?.dataset.refresh;
  if (!part || !address) return;
  try {
    const response = await fetch(address);
    const fragment = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = fragment.querySelector("[data-refresh]");
    if (!response.ok || !fresh) {
      location.reload();
      return;
    }
    part.replaceChildren(...fresh.childNodes);
  } catch {
    // Offline: the next attempt comes by itself.
  }
  setTimeout(refresh, INTERVAL);
}

setTimeout(refresh, INTERVAL);

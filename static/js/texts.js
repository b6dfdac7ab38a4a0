// The company's texts: a preview and a check while an admin types; the Preview button does the same without a script.

const WAIT_MS = 700;

const form = /** @type {HTMLFormElement} */ (document.getElementById("texts"));
let locale = "";
let timer = 0;
/** @type {AbortController | undefined} */
let running;

/** @param {Document} page @param {string} selector */
function replacePart(page, selector) {
  const next = page.querySelector(selector);
  const shown = document.querySelector(selector);
  if (!next || !shown || next.innerHTML === shown.innerHTML) return;
  const focused = document.activeElement;
  const value = shown.contains(focused) ? /** @type {HTMLButtonElement} */ (focused).value : "";
  shown.replaceChildren(...next.childNodes);
  if (value) /** @type {HTMLElement | null} */ (shown.querySelector(`button[value="${value}"]`))?.focus();
}

async function refresh() {
  running?.abort();
  running = new AbortController();
  const data = new FormData(form);
  if (locale) data.set("preview", locale);
  const answer = await fetch(form.dataset.preview, { method: "POST", body: data, signal: running.signal });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  replacePart(page, "#preview");
  replacePart(page, "#check");
}

function refreshSoon() {
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => {}), WAIT_MS);
}

form.addEventListener("input", refreshSoon);
document.getElementById("preview").addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (!button) return;
  event.preventDefault();
  locale = /** @type {HTMLButtonElement} */ (button).value;
  refresh().catch(() => {});
});

export {};

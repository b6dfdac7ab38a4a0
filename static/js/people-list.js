/** Single keys for the list of people: search, rows, selection. Everything works without them. */
// @ts-check

const rows = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-row]")]);
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#selection"));
const counter = form?.querySelector("[data-count]");
const pageBox = /** @type {HTMLInputElement | null} */ (form?.querySelector("[data-select-page] input") ?? null);
let current = -1;
/** @type {number | null} */
let anchor = null;

/** @param {number} index */
function boxOf(index) {
  return /** @type {HTMLInputElement | null} */ (rows[index]?.querySelector("input[type=checkbox]") ?? null);
}

/** @param {number} index */
function moveTo(index) {
  if (rows.length === 0) return;
  rows[current]?.classList.remove("is-current");
  current = Math.max(0, Math.min(rows.length - 1, index));
  const row = rows[current];
  row.classList.add("is-current");
  row.querySelector("a")?.focus();
}

/** @param {boolean} isRange */
function select(isRange) {
  const box = boxOf(current);
  if (!box) return;
  box.checked = !box.checked;
  if (isRange && anchor !== null) {
    const [from, to] = [Math.min(anchor, current), Math.max(anchor, current)];
    for (let index = from; index <= to; index += 1) {
      const each = boxOf(index);
      if (each) each.checked = box.checked;
    }
  }
  anchor = current;
  showCount();
}

function showCount() {
  const words = counter?.getAttribute("data-words");
  if (!form || !counter || !words) return;
  const everyone = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=all]:checked"));
  const ticked = form.querySelectorAll("input[name=selected]:checked").length;
  counter.textContent = words.replace("#", everyone?.dataset.total ?? String(ticked));
  if (pageBox) {
    pageBox.checked = ticked === rows.length;
    pageBox.indeterminate = ticked > 0 && ticked < rows.length;
  }
}

/** @param {KeyboardEvent} event */
function isTyping(event) {
  const target = /** @type {Element | null} */ (event.target);
  return Boolean(target?.closest("input:not([type=checkbox]), select, textarea, [contenteditable]"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
  const actions = /** @type {Record<string, () => void>} */ ({
    "/": () => /** @type {HTMLInputElement | null} */ (document.querySelector("#q"))?.focus(),
    j: () => moveTo(current + 1),
    k: () => moveTo(current - 1),
    x: () => select(false),
    X: () => select(true),
  });
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

form?.addEventListener("change", showCount);
pageBox?.addEventListener("change", () => {
  for (const index of rows.keys()) {
    const box = boxOf(index);
    if (box) box.checked = pageBox.checked;
  }
});
form?.querySelector("[data-select-words]")?.remove();
form?.querySelector("[data-select-page]")?.removeAttribute("hidden");
for (const [index, row] of rows.entries()) {
  row.addEventListener("focusin", () => {
    rows[current]?.classList.remove("is-current");
    current = index;
    row.classList.add("is-current");
  });
}
showCount();

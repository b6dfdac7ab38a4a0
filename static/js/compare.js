// Two to four photos side by side: linked zoom, removing one by one until one remains, choosing.
import { createChoice, drawFace } from "./choice.js";
import { createZoom } from "./zoom.js";

const START_ZOOM = 1.6;
const list = document.getElementById("panes");
const title = document.getElementById("title");
const said = document.getElementById("said");
const range = /** @type {HTMLInputElement} */ (document.getElementById("zoom-range"));
const slider = document.getElementById("zoom");
const level = document.getElementById("zoom-level");
/** @type {() => HTMLElement[]} */
const panes = () => [...list.querySelectorAll(".pane")].map((pane) => /** @type {HTMLElement} */ (pane));
/** @type {(pane: Element) => HTMLElement} */
const panOf = (pane) => pane.querySelector(".pan");
const say = (text) => {
  said.textContent = text;
};

const zoom = createZoom(() => panes().map(panOf), {
  onChange: (value) => {
    const percent = Math.round(value * 100);
    range.value = String(percent);
    level.textContent = value === 1 ? slider.dataset.fit : `${percent}%`;
    range.setAttribute("aria-valuetext", `${percent}%`);
  },
});
range.addEventListener("input", () => zoom.zoomTo(Number(range.value) / 100));

function removePane(pane) {
  const all = panes();
  const at = all.indexOf(pane);
  const name = pane.getAttribute("aria-label");
  pane.remove();
  const rest = panes();
  title.textContent =
    rest.length > 1
      ? title.dataset.label.replace("{n}", String(rest.length))
      : `${title.dataset.one}: ${rest[0].ariaLabel}`;
  say(list.dataset.removed.replace("{photo}", name));
  const query = rest.map((each) => `compare=${each.dataset.photo}`).join("&");
  history.replaceState(null, "", `?${query}`);
  // The links of the remaining panes would bring the removed one back.
  for (const each of rest) {
    const others = rest.filter((other) => other !== each).map((other) => `compare=${other.dataset.photo}`);
    if (others.length) linkOf(each).href = `?${others.join("&")}`;
    else linkOf(each).hidden = true;
  }
  zoom.draw();
  const next = rest[Math.min(at, rest.length - 1)];
  /** @type {HTMLElement} */
  const target = rest.length > 1 ? linkOf(next) : (next.querySelector("form:not([hidden]) button") ?? title);
  target.focus();
}

/** @type {(pane: Element) => HTMLAnchorElement} */
const linkOf = (pane) => pane.querySelector(".pane-remove");

list.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest(".pane-remove");
  if (!link || event.ctrlKey || event.metaKey || panes().length < 2) return;
  event.preventDefault();
  removePane(link.closest(".pane"));
});

const paneOf = (photo) => panes().find((pane) => pane.dataset.photo === photo);
createChoice({
  say,
  nameOf: (photo) => paneOf(photo).getAttribute("aria-label"),
  drawFace: (face, photo) => drawFace(face, readFacts(panOf(paneOf(photo)))),
  onChange: (photo) => {
    for (const pane of panes()) {
      pane.querySelector("form").hidden = pane.dataset.photo === photo;
      /** @type {HTMLElement} */
      const yours = pane.querySelector(".is-yours");
      yours.hidden = pane.dataset.photo !== photo;
    }
    document.getElementById("continue").hidden = !photo;
  },
});

const readFacts = (pan) => ({ image: pan.querySelector("img"), shape: pan.dataset.shape, crop: pan.dataset.crop });

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target === range) return;
  if (event.key === "+" || event.key === "=") zoom.step(1);
  else if (event.key === "-") zoom.step(-1);
  else if (event.key === "Escape") document.getElementById("back").click();
  else return;
  event.preventDefault();
});
range.addEventListener("change", () => say(slider.dataset.said.replace("{n}", range.value)));

slider.hidden = false;
zoom.zoomTo(START_ZOOM);

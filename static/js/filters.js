// Filters of the gallery by mark, with their counts, and the shortlist that is compared next.
import { drawFace } from "./choice.js";

const MARKS = { shortlist: "shortlist", skipped: "skip" };
const MAX_COMPARED = 4;

/**
 * @param {{thumbs: HTMLAnchorElement[], idOf: (thumb: HTMLAnchorElement) => string, factsOf: (thumb: HTMLElement) => any,
 *   current: () => HTMLAnchorElement, show: (thumb: HTMLAnchorElement) => void}} gallery
 */
export function createFilters({ thumbs, idOf, factsOf, current, show }) {
  const film = document.getElementById("film");
  const empty = document.getElementById("film-empty");
  const links = [...document.querySelectorAll("[data-filter]")].map((link) => /** @type {HTMLAnchorElement} */ (link));
  const compare = /** @type {HTMLAnchorElement} */ (document.getElementById("compare"));
  const dock = document.getElementById("dock");
  let chosen = new URLSearchParams(location.search).get("filter") ?? "all";
  if (!(chosen in MARKS)) chosen = "all";
  const matches = (thumb, name) => name === "all" || thumb.dataset.mark === MARKS[name];
  const list = () => thumbs.filter((thumb) => !thumb.parentElement.hidden);

  function apply(name) {
    chosen = name;
    for (const thumb of thumbs) thumb.parentElement.hidden = !matches(thumb, name);
    const shown = list();
    if (shown.length) show(shown.includes(current()) ? current() : shown[0]);
    else draw();
  }

  function draw() {
    for (const link of links) {
      const count = link.querySelector(".num");
      if (!count) continue;
      count.textContent = String(thumbs.filter((thumb) => matches(thumb, link.dataset.filter)).length);
      if (link.dataset.filter === chosen) link.ariaCurrent = "true";
      else link.removeAttribute("aria-current");
    }
    empty.hidden = list().length > 0;
    thumbs.forEach(describe);
    drawComparison();
  }

  function describe(thumb) {
    const [number] = thumb.ariaLabel.split(", ");
    const { mark } = thumb.dataset;
    const facts = [
      mark === "shortlist" && film.dataset.shortlisted,
      mark === "skip" && film.dataset.skipped,
      "chosen" in thumb.dataset && film.dataset.chosen,
      "liked" in thumb.dataset && film.dataset.liked,
      thumb.dataset.own === "1" && film.dataset.own,
    ];
    thumb.ariaLabel = [number, ...facts.filter(Boolean)].join(", ");
  }

  function drawComparison() {
    const shortlist = thumbs.filter((thumb) => thumb.dataset.mark === "shortlist");
    const at = thumbs.indexOf(current());
    const pair = [current(), thumbs[(at + 1) % thumbs.length]];
    const compared = shortlist.length > 1 ? shortlist.slice(0, MAX_COMPARED) : [...new Set(pair)];
    const query = `?${compared.map((thumb) => `compare=${idOf(thumb)}`).join("&")}`;
    const text = compare.dataset.label.replace("{n}", String(compared.length));
    /** @type {NodeListOf<HTMLAnchorElement>} */
    const inDock = dock.querySelectorAll("[data-compare]");
    for (const link of [compare, ...inDock]) link.href = query;
    compare.querySelector("span").textContent = text;
    inDock[0].textContent = text;
    dock.querySelector(".num").textContent = String(shortlist.length);
    const faces = dock.querySelector(".dock-faces");
    const template = document.querySelector("#toast .face");
    faces.replaceChildren(
      ...shortlist.slice(0, MAX_COMPARED).map((thumb) => {
        const face = /** @type {Element} */ (template.cloneNode(true));
        drawFace(face, factsOf(thumb));
        return face;
      }),
    );
  }

  for (const link of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      apply(link.dataset.filter);
    });
  }
  return { list, draw, name: () => chosen };
}

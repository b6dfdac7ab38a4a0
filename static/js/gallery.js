// The gallery: turns pictures without loading pages, zooms, filters, shows all as a grid, marks and chooses with a key.
import { createChoice, drawFace, sized } from "./choice.js";
import { createFilters } from "./filters.js";
import { createKeys } from "./gallery-keys.js";
import { createMarks } from "./marks.js";
import { createZoom } from "./zoom.js";

const ONE_ROW_PX = 4;
const main = document.getElementById("main");
const table = document.getElementById("table");
const pan = document.getElementById("pan");
const picture = pan.querySelector("img");
const film = document.getElementById("film");
const view = /** @type {HTMLAnchorElement} */ (document.getElementById("view"));
const previous = /** @type {HTMLAnchorElement} */ (document.getElementById("previous"));
const next = /** @type {HTMLAnchorElement} */ (document.getElementById("next"));
const said = document.getElementById("said");
const form = /** @type {HTMLFormElement} */ (document.getElementById("marks"));
const choose = /** @type {HTMLFormElement} */ (document.getElementById("choose"));
const broken = /** @type {HTMLElement} */ (pan.querySelector(".pan-broken"));
const thumbs = [...film.querySelectorAll("li a")].map((link) => /** @type {HTMLAnchorElement} */ (link));
const ids = new Map(thumbs.map((thumb) => [thumb, new URL(thumb.href).searchParams.get("photo")]));
const idOf = (thumb) => ids.get(thumb);
const thumbOf = (photo) => thumbs.find((thumb) => idOf(thumb) === photo);
const numberOf = (thumb) => thumbs.indexOf(thumb) + 1;
const label = (thumb) => table.dataset.label.replace("{n}", String(numberOf(thumb)));
const say = (text) => {
  said.textContent = text;
};
let current = thumbs.find((thumb) => thumb.ariaCurrent === "true") ?? thumbs[0];
const isGrid = () => main.classList.contains("is-grid");

/** @type {(direction: number, from?: HTMLAnchorElement) => HTMLAnchorElement} */
function turned(direction, from = current) {
  const shown = filters.list();
  const at = shown.indexOf(from);
  return shown.length ? shown[(at + direction + shown.length) % shown.length] : from;
}

function fill(image, thumb) {
  const [width, height] = thumb.dataset.shape.split(" ").map(Number);
  image.sizes = table.dataset.sizes.replace("{share}", String(Math.round((88 * width) / height)));
  const small = imageOf(thumb);
  image.srcset = [640, 1280].map((width) => `${sized(small, `${width}.webp`)} ${width}w`).join(", ");
  image.src = sized(small, "640.webp");
}

// The next and the previous picture are decoded before they are asked for.
const ready = new Map();
function preload(thumb) {
  if (ready.has(thumb)) return;
  const image = new Image();
  fill(image, thumb);
  image.decode().catch(() => ready.delete(thumb));
  ready.set(thumb, image);
  if (ready.size > 6) ready.delete(ready.keys().next().value);
}

function address(thumb) {
  const query = new URLSearchParams({ photo: idOf(thumb) });
  if (filters.name() !== "all") query.set("filter", filters.name());
  if (isGrid()) query.set("view", "grid");
  return `?${query}`;
}

function drawSide() {
  const { dataset } = current;
  document.getElementById("number").textContent = String(numberOf(current));
  document.getElementById("ai").hidden = dataset.own === "1";
  document.getElementById("liked").hidden = !("liked" in dataset);
  for (const face of document.querySelectorAll(".side .face")) drawFace(face, factsOf(current));
  const isChosen = "chosen" in dataset;
  choose.hidden = isChosen;
  document.getElementById("chosen").hidden = !isChosen;
  /** @type {HTMLInputElement} */ (choose.elements.namedItem("photo")).value = idOf(current);
  marks.show(current);
}

const imageOf = (thumb) => thumb.querySelector("img");
const factsOf = (thumb) => ({ image: imageOf(thumb), shape: thumb.dataset.shape, crop: thumb.dataset.crop });

function drawThumbs() {
  for (const thumb of thumbs) {
    thumb.tabIndex = thumb === current ? 0 : -1;
    if (thumb === current) thumb.ariaCurrent = "true";
    else thumb.removeAttribute("aria-current");
  }
  current.scrollIntoView({ block: "nearest", inline: "center" });
  previous.href = address(turned(-1));
  next.href = address(turned(1));
}

function show(thumb, { focus = false, isSpoken = true } = {}) {
  current = thumb;
  zoom.reset();
  pan.dataset.shape = thumb.dataset.shape;
  pan.dataset.crop = thumb.dataset.crop;
  pan.classList.remove("is-broken");
  broken.hidden = true;
  fill(picture, thumb);
  picture.alt = label(thumb);
  drawSide();
  drawThumbs();
  filters.draw();
  if (focus) thumb.focus({ preventScroll: true });
  history.replaceState(null, "", address(thumb));
  if (isSpoken) say(label(thumb));
  if (isGrid()) return;
  preload(turned(1));
  preload(turned(-1));
}

function toggleGrid() {
  const wasOnFilm = film.contains(document.activeElement);
  main.classList.toggle("is-grid");
  document.body.classList.toggle("is-grid-view", isGrid());
  view.ariaLabel = view.title = isGrid() ? view.dataset.one : view.dataset.grid;
  const { gridSizes, stripSizes } = film.dataset;
  for (const image of film.querySelectorAll("img")) image.sizes = isGrid() ? gridSizes : stripSizes;
  show(current, { focus: isGrid() || wasOnFilm, isSpoken: false });
  zoom.draw();
}

// One row up or down, as the grid stands on this screen; a strip has one row.
function stepRow(direction) {
  const shown = filters.list();
  const top = current.getBoundingClientRect().top;
  const inRow = shown.filter((thumb) => Math.abs(thumb.getBoundingClientRect().top - top) < ONE_ROW_PX).length;
  if (inRow === shown.length) return current;
  return shown[Math.max(0, Math.min(shown.length - 1, shown.indexOf(current) + direction * inRow))];
}

// A mark leads on to the next photo; without a mark the photo stays.
function mark(name) {
  const marked = current;
  const following = turned(1);
  marks.press(marked, name);
  if (name !== "none" && following !== marked && numberOf(following) > numberOf(marked))
    show(following, { focus: document.activeElement === marked, isSpoken: false });
  else drawSide();
}

function undoMark() {
  const thumb = marks.undo();
  if (thumb) show(thumb, { isSpoken: false });
}

const filters = createFilters({ thumbs, idOf, factsOf, current: () => current, show });
const zoomBox = document.getElementById("zoom");
const level = document.getElementById("zoom-level");
const zoom = createZoom(() => [pan], {
  onSwipe: (direction) => show(turned(document.dir === "rtl" ? -direction : direction)),
  onChange: (value) => {
    const percent = String(Math.round(value * 100));
    level.textContent = value === 1 ? zoomBox.dataset.fit : `${percent}%`;
    say(zoomBox.dataset.said.replace("{n}", percent));
  },
});
const marks = createMarks(form, { thumbs, idOf, say, onChange: () => filters.draw() });
form.addEventListener("submit", (event) => {
  event.preventDefault();
  mark(/** @type {HTMLButtonElement} */ (event.submitter).value);
});
createChoice({
  say,
  nameOf: (photo) => label(thumbOf(photo)),
  drawFace: (face, photo) => drawFace(face, factsOf(thumbOf(photo))),
  onChange: (photo) => {
    for (const thumb of thumbs) thumb.toggleAttribute("data-chosen", idOf(thumb) === photo);
    drawSide();
    filters.draw();
  },
});
createKeys({
  turn: (direction) => show(turned(direction), { focus: film.contains(document.activeElement) }),
  turnRow: (direction) => show(stepRow(direction), { focus: film.contains(document.activeElement) }),
  turnTo: (index) => show(filters.list().at(index) ?? current, { focus: film.contains(document.activeElement) }),
  isOnFilm: () => film.contains(document.activeElement),
  isGrid,
  toggleGrid,
  mark,
  undoMark,
  choose: () => choose.hidden || choose.requestSubmit(),
  // A hidden link has nothing to compare with.
  compare: () => thumbs.length > 1 && document.getElementById("compare").click(),
  zoom,
});

film.addEventListener("click", (event) => {
  const thumb = /** @type {HTMLAnchorElement} */ (/** @type {Element} */ (event.target).closest("li a"));
  if (!thumb || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(thumb, { focus: true });
  if (isGrid()) toggleGrid();
});
for (const [link, direction] of /** @type {[HTMLElement, number][]} */ ([
  [previous, -1],
  [next, 1],
])) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(turned(direction));
  });
}
view.addEventListener("click", (event) => {
  event.preventDefault();
  toggleGrid();
});
zoomBox.addEventListener("click", (event) => {
  const button = /** @type {HTMLElement} */ (/** @type {Element} */ (event.target).closest("button"));
  if (button) zoom.step(Number(button.dataset.step));
});
picture.addEventListener("error", () => {
  pan.classList.add("is-broken");
  broken.hidden = false;
});
broken.querySelector("button").addEventListener("click", () => show(current));

zoomBox.hidden = false;
document.body.classList.toggle("is-grid-view", isGrid());
drawThumbs();
filters.draw();

// Thumbnails are fetched when they come into view, and from the first act on some way ahead of it.
function watchThumbs(scrollMargin) {
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) target.classList.add("is-near");
    },
    /** @type {IntersectionObserverInit} */ ({ scrollMargin, threshold: 0.1 }),
  );
  for (const thumb of thumbs) observer.observe(thumb.parentElement);
}
watchThumbs("0px");

function prepareNeighbors() {
  if (isGrid()) return;
  preload(turned(1));
  preload(turned(-1));
}
// The neighbors are fetched as soon as there is a sign of somebody who may turn to them, not while the first picture
// is still coming. A key gives no earlier sign: where there are keys, the next picture is prepared by itself.
for (const sign of ["pointermove", "touchstart", "keydown", "wheel"])
  addEventListener(
    sign,
    () => {
      prepareNeighbors();
      watchThumbs("600px");
    },
    { once: true, passive: true },
  );
if (matchMedia("(any-hover: hover)").matches)
  addEventListener("load", () => isGrid() || preload(turned(1)), { once: true });

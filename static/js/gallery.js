// The gallery: turns pictures without loading pages, keeps two side by side, marks and chooses with a key.
import { createMarks } from "./marks.js";

const table = document.getElementById("table");
const film = document.getElementById("film");
const compare = /** @type {HTMLAnchorElement} */ (document.getElementById("compare"));
const previous = /** @type {HTMLAnchorElement} */ (document.getElementById("previous"));
const next = /** @type {HTMLAnchorElement} */ (document.getElementById("next"));
const said = document.getElementById("said");
const thumbs = [...film.querySelectorAll("a")];
/** @type {NodeListOf<HTMLElement>} */
const areas = table.querySelectorAll(".large");
const form = /** @type {HTMLFormElement} */ (document.getElementById("marks"));
/** @type {Record<string, HTMLElement>} */
const sides = Object.fromEntries([...areas].map((side) => [side.dataset.side, side]));
const idOf = (thumb) => new URL(thumb.href).searchParams.get("photo");
const ids = thumbs.map(idOf);
let at = Math.max(
  0,
  thumbs.findIndex((thumb) => thumb.ariaCurrent === "true"),
);
/** @type {(side: HTMLElement) => HTMLInputElement} */
const photoField = (side) => side.querySelector("[name=photo]");
let pinned = sides.pinned.hidden ? -1 : ids.indexOf(photoField(sides.pinned).value);

const label = (index) => table.dataset.label.replace("{n}", thumbs[index].dataset.number);
const filter = new URLSearchParams(location.search).get("filter");
const kept = filter ? `&filter=${encodeURIComponent(filter)}` : "";
const address = (index, other) => `?photo=${ids[index]}${kept}${other < 0 ? "" : `&compare=${ids[other]}`}`;
const turned = (step) => (at + step + ids.length) % ids.length;

function fill(image, index) {
  image.srcset = [640, 1280].map((width) => `/photos/${ids[index]}/${width}.webp ${width}w`).join(", ");
  image.src = `/photos/${ids[index]}/640.webp`;
}

function lay(side, index) {
  const picture = side.querySelector(".large-picture img");
  side.querySelector(".large-picture").classList.remove("is-broken");
  side.querySelector(".large-broken").hidden = true;
  fill(picture, index);
  picture.alt = label(index);
  layFace(side.querySelector(".face"), index);
  side.querySelector(".large-number").firstChild.textContent = `${label(index)} `;
  side.querySelector(".large-ai").hidden = thumbs[index].dataset.own === "1";
  photoField(side).value = ids[index];
  const isChosen = "chosen" in thumbs[index].dataset;
  side.querySelector("form").hidden = isChosen;
  side.querySelector(".large-chosen").hidden = !isChosen;
}

function layFace(face, index) {
  const [width, height] = thumbs[index].dataset.shape.split(" ").map(Number);
  const [x, y, size] = thumbs[index].dataset.crop.split(" ").map(Number);
  const side = size * Math.min(width, height);
  face.setAttribute("viewBox", `${x * width - side / 2} ${y * height - side / 2} ${side} ${side}`);
  const image = face.querySelector("image");
  image.setAttribute("width", width);
  image.setAttribute("height", height);
  image.setAttribute("href", `/photos/${ids[index]}/320.webp`);
}

function preload(index) {
  const image = new Image();
  /** @type {HTMLImageElement} */
  const current = sides.current.querySelector(".large-picture img");
  image.sizes = current.sizes;
  fill(image, index);
}

function mark() {
  thumbs.forEach((thumb, index) => {
    thumb.tabIndex = index === at ? 0 : -1;
    if (index === at) thumb.ariaCurrent = "true";
    else thumb.removeAttribute("aria-current");
  });
  thumbs[at].scrollIntoView({ block: "nearest", inline: "center" });
  marks.show(thumbs[at]);
  previous.href = address(turned(-1), pinned);
  next.href = address(turned(1), pinned);
  compare.href = pinned < 0 ? address(turned(1), at) : address(at, -1);
}

function show(index, { focus = false } = {}) {
  at = index;
  lay(sides.current, at);
  mark();
  if (focus) thumbs[at].focus({ preventScroll: true });
  history.replaceState(null, "", address(at, pinned));
  said.textContent = label(at);
  preload(turned(1));
}

function toggleCompare() {
  const from = at;
  pinned = pinned < 0 ? at : -1;
  sides.pinned.hidden = pinned < 0;
  table.classList.toggle("is-comparing", pinned >= 0);
  compare.querySelector("span").textContent = pinned < 0 ? compare.dataset.start : compare.dataset.stop;
  if (pinned >= 0) lay(sides.pinned, pinned);
  show(pinned < 0 ? from : turned(1));
}

// One row up or down, as the grid stands on this screen; a strip has one row.
function stepRow(direction) {
  const top = thumbs[at].getBoundingClientRect().top;
  const inRow = thumbs.filter((thumb) => Math.abs(thumb.getBoundingClientRect().top - top) < 4).length;
  return inRow === thumbs.length ? at : Math.max(0, Math.min(ids.length - 1, at + direction * inRow));
}

const marks = createMarks(form, { thumbs, idOf, say: (text) => (said.textContent = text) });

const keys = {
  ArrowUp: () => stepRow(-1),
  ArrowDown: () => stepRow(1),
  ArrowRight: () => turned(1),
  ArrowLeft: () => turned(-1),
  Home: () => 0,
  End: () => ids.length - 1,
};

addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (event.key.length === 1 && "pxu".includes(event.key.toLowerCase())) {
    marks.press(thumbs[at], { p: "shortlist", x: "skip", u: "none" }[event.key.toLowerCase()]);
    if (!event.repeat) show(Math.min(at + 1, ids.length - 1));
    return;
  }
  if (event.key in keys) {
    event.preventDefault();
    show(keys[event.key](), { focus: film.contains(document.activeElement) });
  } else if (event.key === "Escape" && pinned >= 0) toggleCompare();
  else if (event.key === "Enter" || event.key === " ") {
    // Only where nothing else would be pressed: on the strip, or with the focus nowhere.
    const place = document.activeElement;
    if (!film.contains(place) && place !== document.body && place.id !== "main") return;
    event.preventDefault();
    const form = sides.current.querySelector("form");
    if (!event.repeat && !form.hidden) form.requestSubmit();
  }
});

film.addEventListener("click", (event) => {
  const thumb = /** @type {Element} */ (event.target).closest("a");
  if (!thumb || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  show(thumbs.indexOf(thumb), { focus: true });
});
for (const link of [previous, next]) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(turned(link === next ? 1 : -1));
  });
}
compare.addEventListener("click", (event) => {
  event.preventDefault();
  toggleCompare();
});

// On a phone the picture itself is turned with a finger.
let touchedAt = null;
table.addEventListener("pointerdown", (event) => {
  touchedAt = event.pointerType === "touch" ? event.clientX : null;
});
table.addEventListener("pointerup", (event) => {
  const moved = touchedAt === null ? 0 : event.clientX - touchedAt;
  touchedAt = null;
  if (Math.abs(moved) > 48) show(turned(moved < 0 ? 1 : -1));
});

for (const side of Object.values(sides)) {
  const area = side.querySelector(".large-picture");
  const image = area.querySelector("img");
  /** @type {HTMLElement} */
  const notice = side.querySelector(".large-broken");
  const broken = (isBroken) => {
    area.classList.toggle("is-broken", isBroken);
    notice.hidden = !isBroken;
  };
  image.addEventListener("error", () => broken(true));
  image.addEventListener("load", () => broken(false));
  side
    .querySelector(".large-broken button")
    .addEventListener("click", () => fill(image, ids.indexOf(photoField(side).value)));
}

mark();
document.getElementById("keys").hidden = false;
// The next picture is fetched once somebody is there to turn to it, not while the first one is still coming.
for (const sign of ["pointermove", "touchstart", "keydown"])
  addEventListener(sign, () => preload(turned(1)), { once: true, passive: true });

// The crop page: drag the square or its handle, pinch or scroll to zoom, move it with arrow keys. The number fields
// are the state; everything else is drawn from them, and without this script they alone are the form.

const form = /** @type {HTMLFormElement} */ (document.getElementById("crop"));
const picture = document.getElementById("crop-picture");
const fields = ["x", "y", "size"].map((name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)));
const width = Number(form.dataset.width);
const height = Number(form.dataset.height);
const shorter = Math.min(width, height);
const MIN_SIZE = 10;
const handles = [...picture.querySelectorAll(".crop-handle")];
const zoomLabel = document.getElementById("crop-zoom");
const range = zoomLabel.querySelector("input");
const cornerOf = (handle) => handle.dataset.corner.split(" ").map(Number);

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
const read = () => fields.map((field) => Number(field.value));

function write(x, y, size) {
  const side = clamp(size, MIN_SIZE, 100);
  const half = (side * shorter) / 2;
  const values = [clamp(x, half / width, 100 - half / width), clamp(y, half / height, 100 - half / height), side];
  fields.forEach((field, index) => {
    field.value = String(Math.round(values[index] * 100) / 100);
  });
  draw();
}

function draw() {
  const [x, y, size] = read();
  const side = (size / 100) * shorter;
  const left = (x / 100) * width - side / 2;
  const top = (y / 100) * height - side / 2;
  place("crop-box", { x: left, y: top, width: side, height: side });
  place("crop-circle", { cx: left + side / 2, cy: top + side / 2, r: side / 2 });
  for (const handle of handles) {
    const [across, down] = cornerOf(handle);
    const at = { cx: left + (side * (across + 1)) / 2, cy: top + (side * (down + 1)) / 2, r: shorter / 36 };
    for (const [name, value] of Object.entries(at)) handle.setAttribute(name, String(value));
  }
  const zoom = String(Math.round(10000 / size));
  range.value = zoom;
  zoomLabel.querySelector("output").textContent = `${zoom}%`;
  const inside = `M${left} ${top}h${side}v${side}h${-side}z`;
  document.getElementById("crop-shade").setAttribute("d", `M0 0h${width}v${height}H0z${inside}`);
  for (const face of form.querySelectorAll("svg.face")) face.setAttribute("viewBox", `${left} ${top} ${side} ${side}`);
}

function place(id, attributes) {
  const shape = document.getElementById(id);
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, value);
}

function toPercent(event) {
  const box = picture.getBoundingClientRect();
  return [((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100];
}

const pointers = new Map();
let grip = null;

picture.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  picture.focus({ preventScroll: true });
  picture.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, toPercent(event));
  grip = {
    corner: handles.filter((handle) => handle === event.target).map(cornerOf)[0] ?? null,
    from: toPercent(event),
    start: read(),
    gap: gap(),
  };
});
picture.addEventListener("pointermove", (event) => {
  if (!pointers.has(event.pointerId) || !grip) return;
  pointers.set(event.pointerId, toPercent(event));
  const [x, y, size] = grip.start;
  if (pointers.size > 1) return write(x, y, size * (gap() / (grip.gap || gap())));
  const [across, down] = toPercent(event).map((value, index) => value - grip.from[index]);
  if (!grip.corner) return write(x + across, y + down, size);
  const [towardRight, towardBottom] = grip.corner;
  const grown = Math.max((across * towardRight * width) / shorter, (down * towardBottom * height) / shorter);
  return write(x, y, size + 2 * grown);
});
/** @param {PointerEvent} event */
function release(event) {
  pointers.delete(event.pointerId);
  grip = pointers.size ? { ...grip, start: read(), gap: gap() } : null;
}
picture.addEventListener("pointerup", release);
picture.addEventListener("pointercancel", release);

function gap() {
  const [first, second] = [...pointers.values()];
  return second ? Math.hypot(first[0] - second[0], first[1] - second[1]) : 0;
}

picture.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const [x, y, size] = read();
    write(x, y, size * Math.exp(event.deltaY / 800));
  },
  { passive: false },
);

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
picture.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const [x, y, size] = read();
  const step = event.shiftKey ? 5 : 1;
  const move = MOVES[event.key];
  if (move) write(x + move[0] * step, y + move[1] * step, size);
  else if (event.key === "+" || event.key === "=") write(x, y, size - step);
  else if (event.key === "-") write(x, y, size + step);
  else return;
  event.preventDefault();
});

range.addEventListener("input", () => {
  const [x, y] = read();
  write(x, y, 10000 / Number(range.value));
});
zoomLabel.hidden = false;
for (const field of fields) field.addEventListener("change", () => write(...read()));
form.querySelector("details").open = false;
form.classList.add("is-live");
draw();

export {};

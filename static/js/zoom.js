// Zoom and pan of one picture, or of several that are linked: by press, double tap, pinch, wheel, keys and buttons.

export const MAX_ZOOM = 4;
const STEP = 1.25;
const PRESS_ZOOM = 2;
const MOVED_PX = 6;
const DOUBLE_TAP_MS = 320;
// From this zoom on, linked faces have the same size.
const SAME_SIZE_AT = 1.6;

const clamp = (value, low, high) => Math.max(low, Math.min(value, high));
const numbers = (text) => text.split(" ").map(Number);

/**
 * @param {() => HTMLElement[]} getPans  elements around one picture each, with its shape and crop as attributes
 * @param {{onChange: (zoom: number) => void, onSwipe?: (direction: number) => void}} options
 */
export function createZoom(getPans, { onChange, onSwipe = () => {} }) {
  let zoom = 1;
  // How far the view is from the face, as fractions of the picture: the same in every linked picture.
  let offset = [0, 0];

  function measure(pan) {
    const [width, height] = numbers(pan.dataset.shape);
    const [x, y, size] = numbers(pan.dataset.crop);
    const box = [pan.clientWidth, pan.clientHeight];
    const fit = Math.min(box[0] / width, box[1] / height);
    return { box, fit, natural: [width, height], anchor: [x, y], face: size * Math.min(width, height) * fit };
  }

  function scaleOf(measured, largest) {
    const isLinked = largest > measured.face;
    const share = clamp((zoom - 1) / (SAME_SIZE_AT - 1), 0, 1);
    return isLinked && measured.face > 0 ? zoom * (largest / measured.face) ** share : zoom;
  }

  function draw() {
    const pans = getPans();
    const all = pans.map(measure);
    const largest = Math.max(...all.map((each) => each.face));
    pans.forEach((pan, index) => {
      const { box, fit, natural, anchor } = all[index];
      const scale = scaleOf(all[index], largest);
      const shift = [0, 1].map((axis) => {
        const drawn = natural[axis] * fit * scale;
        const wanted = box[axis] / 2 - (anchor[axis] + offset[axis]) * drawn;
        const start = drawn <= box[axis] ? (box[axis] - drawn) / 2 : clamp(wanted, box[axis] - drawn, 0);
        return start - (scale * (box[axis] - natural[axis] * fit)) / 2;
      });
      const image = pan.querySelector("img");
      image.style.transform = scale === 1 ? "" : `translate(${shift[0]}px, ${shift[1]}px) scale(${scale})`;
      pan.classList.toggle("is-zoomed", zoom > 1);
      if (zoom > 1) image.sizes = "1280px";
    });
    onChange(zoom);
  }

  // Only when the person moves the view: a view of the face stays one at any size of the window.
  function keepInside(pan) {
    if (zoom === 1) return;
    const measured = measure(pan);
    offset = offset.map((value, axis) => {
      const drawn = measured.natural[axis] * measured.fit * zoom;
      const half = Math.min(0.5, measured.box[axis] / 2 / drawn);
      return clamp(value, half - measured.anchor[axis], 1 - half - measured.anchor[axis]);
    });
  }

  // The point of the picture that is under the pointer stays there.
  function zoomTo(value, { pan = getPans()[0], at = null } = {}) {
    const next = clamp(value, 1, MAX_ZOOM);
    if (next === 1) offset = [0, 0];
    else if (at) {
      keepInside(pan);
      const { box, fit, natural, anchor } = measure(pan);
      const before = zoom === 1 ? [0.5 - anchor[0], 0.5 - anchor[1]] : offset;
      offset = before.map((value, axis) => {
        const away = at[axis] - box[axis] / 2;
        return value + away / (natural[axis] * fit * zoom) - away / (natural[axis] * fit * next);
      });
    }
    zoom = next;
    if (zoom > 1 && at) keepInside(pan);
    draw();
  }

  function panBy(pan, across, down) {
    keepInside(pan);
    const { fit, natural } = measure(pan);
    offset = [offset[0] - across / (natural[0] * fit * zoom), offset[1] - down / (natural[1] * fit * zoom)];
    keepInside(pan);
    draw();
  }

  function listen(pan) {
    const pointers = new Map();
    const place = (event) => {
      const box = pan.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    const gap = () => {
      const [first, second] = [...pointers.values()];
      return Math.hypot(first[0] - second[0], first[1] - second[1]);
    };
    let start = null;
    let tappedAt = -DOUBLE_TAP_MS;

    pan.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || /** @type {Element} */ (event.target).closest("button")) return;
      pan.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, place(event));
      const pinch = pointers.size === 2 ? { gap: gap(), zoom } : null;
      start = { at: place(event), last: place(event), hasMoved: pinch !== null, pinch };
    });
    pan.addEventListener("pointermove", (event) => {
      if (!pointers.has(event.pointerId) || !start) return;
      pointers.set(event.pointerId, place(event));
      const at = place(event);
      if (Math.hypot(at[0] - start.at[0], at[1] - start.at[1]) > MOVED_PX) start.hasMoved = true;
      if (start.pinch && pointers.size === 2) {
        const [first, second] = [...pointers.values()];
        const middle = [(first[0] + second[0]) / 2, (first[1] + second[1]) / 2];
        zoomTo(start.pinch.zoom * (gap() / Math.max(1, start.pinch.gap)), { pan, at: middle });
      } else if (zoom > 1 && start.hasMoved) {
        pan.classList.add("is-dragged");
        panBy(pan, at[0] - start.last[0], at[1] - start.last[1]);
      }
      start.last = at;
    });
    pan.addEventListener("pointerup", (event) => {
      pointers.delete(event.pointerId);
      pan.classList.remove("is-dragged");
      if (!start || pointers.size) return;
      const at = place(event);
      const across = at[0] - start.at[0];
      if (!start.hasMoved) press(event, at);
      else if (!start.pinch && zoom === 1 && Math.abs(across) > 48) onSwipe(across < 0 ? 1 : -1);
      start = null;
    });
    pan.addEventListener("pointercancel", (event) => {
      pointers.delete(event.pointerId);
      start = null;
    });
    // A mouse zooms with one press, a finger with two taps.
    function press(event, at) {
      const isSecond = event.timeStamp - tappedAt < DOUBLE_TAP_MS;
      tappedAt = isSecond ? -DOUBLE_TAP_MS : event.timeStamp;
      if (event.pointerType === "mouse" || isSecond) zoomTo(zoom > 1 ? 1 : PRESS_ZOOM, { pan, at });
    }
    pan.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        zoomTo(zoom * Math.exp(-event.deltaY / 400), { pan, at: place(event) });
      },
      { passive: false },
    );
  }

  getPans().forEach(listen);
  addEventListener("resize", draw);
  return {
    draw,
    zoomTo,
    step: (direction) => zoomTo(zoom * STEP ** direction),
    toggle: () => zoomTo(zoom > 1 ? 1 : PRESS_ZOOM),
    reset: () => zoom > 1 && zoomTo(1),
    isZoomed: () => zoom > 1,
    panBy: (across, down) => {
      const [pan] = getPans();
      panBy(pan, across * pan.clientWidth, down * pan.clientHeight);
    },
  };
}

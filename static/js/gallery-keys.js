// Keys of the gallery. Single letters can be turned off (WCAG 2.1.4); arrows, Enter and Escape stay.

const STORED = "no-letter-keys";
const PAN = 0.1;
const PANS = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };

/** @param {Record<string, any>} gallery */
export function createKeys(gallery) {
  const dialog = /** @type {HTMLDialogElement} */ (document.getElementById("keys-dialog"));
  const letters = /** @type {HTMLInputElement} */ (document.getElementById("letters"));
  letters.checked = localStorage.getItem(STORED) !== "yes";
  letters.addEventListener("change", () => {
    if (letters.checked) localStorage.removeItem(STORED);
    else localStorage.setItem(STORED, "yes");
  });

  const isRtl = document.dir === "rtl";
  const PLAIN = {
    ArrowRight: () => gallery.turn(isRtl ? -1 : 1),
    ArrowLeft: () => gallery.turn(isRtl ? 1 : -1),
    ArrowUp: () => gallery.turnRow(-1),
    ArrowDown: () => gallery.turnRow(1),
    Home: () => gallery.turnTo(0),
    End: () => gallery.turnTo(-1),
    "+": () => gallery.zoom.step(1),
    "=": () => gallery.zoom.step(1),
    "-": () => gallery.zoom.step(-1),
  };
  const LETTERS = {
    p: () => gallery.mark("shortlist"),
    x: () => gallery.mark("skip"),
    u: () => gallery.mark("none"),
    f: () => gallery.choose(),
    z: () => gallery.zoom.toggle(),
    g: () => gallery.toggleGrid(),
    c: () => gallery.compare(),
    "?": () => open(),
  };

  function open() {
    dialog.showModal();
    document.getElementById("keys-title").focus();
  }

  function leave() {
    if (gallery.zoom.isZoomed()) gallery.zoom.reset();
    else if (gallery.isGrid()) gallery.toggleGrid();
    else return false;
    return true;
  }

  function find(event) {
    if (event.shiftKey && event.key in PANS && gallery.zoom.isZoomed())
      return () => gallery.zoom.panBy(...PANS[event.key]);
    if (event.key === "Escape") return leave;
    if (event.key === "Enter") return gallery.isGrid() && gallery.isOnFilm() ? gallery.toggleGrid : null;
    const name = event.key.toLowerCase();
    if (name in LETTERS) return letters.checked ? LETTERS[name] : null;
    return event.shiftKey && event.key !== "+" ? null : PLAIN[event.key];
  }

  addEventListener("keydown", (event) => {
    if (dialog.open || event.altKey || /** @type {Element} */ (event.target).closest("input, textarea, select")) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === "z") gallery.undoMark();
      return;
    }
    const act = find(event);
    if (!act || (event.repeat && event.key.toLowerCase() in LETTERS)) return;
    if (act() !== false) event.preventDefault();
  });
  document.getElementById("all-keys").addEventListener("click", open);
}

// Choosing a headshot without leaving the page, and ten seconds to take it back.

const SECONDS = 10;
const JSON_ANSWER = { Accept: "application/json" };
const NOT_FOUND = 404;
// Less than a router waits; the next press has its turn after it.
const TIMEOUT_MS = 20_000;

/**
 * @param {{nameOf: (photo: string) => string, drawFace: (face: Element, photo: string) => void,
 *   onChange: (photo: string | null) => void, say: (text: string) => void}} page
 */
export function createChoice({ nameOf, drawFace, onChange, say }) {
  const toast = document.getElementById("toast");
  const undo = document.getElementById("undo");
  const number = toast.querySelector(".countdown-number");
  let left = 0;
  let clock = 0;
  let undoAddress = "";
  let token = "";
  let turn = Promise.resolve(null);
  let lastPress = "";

  async function choose(form) {
    const body = new FormData(form);
    const photo = String(body.get("photo"));
    token = String(body.get("csrf_token"));
    const answer = await send(form.action, body);
    if (!answer) return;
    undoAddress = answer.undo;
    onChange(photo);
    say(toast.dataset.said.replace("{photo}", nameOf(photo)));
    drawFace(toast.querySelector(".face"), photo);
    open();
    document.getElementById("continue").focus();
  }

  // Presses are sent in their order, each after the answer to the one before. The second press of a double click is none.
  async function send(address, body) {
    const press = `${address} ${body.get("photo")}`;
    if (press === lastPress) return null;
    lastPress = press;
    turn = turn.then(() => post(address, body));
    const answer = await turn;
    if (lastPress === press) lastPress = "";
    return answer;
  }

  async function post(address, body) {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const answer = await fetch(address, { method: "POST", headers: JSON_ANSWER, body, signal });
      if (answer.ok) return await answer.json();
      showNotice(answer.status === NOT_FOUND ? toast.dataset.gone : toast.dataset.failed);
    } catch {
      showNotice(toast.dataset.failed);
    }
    return null;
  }

  // The time stands still while the pointer or the focus is on the toast.
  function open() {
    clearInterval(clock);
    left = SECONDS;
    number.textContent = String(left);
    toast.hidden = false;
    clock = setInterval(() => {
      if (toast.matches(":hover, :focus-within")) return;
      left -= 1;
      number.textContent = String(left);
      if (left <= 0) close();
    }, 1000);
  }

  function close() {
    clearInterval(clock);
    toast.hidden = true;
  }

  undo.addEventListener("click", async () => {
    const body = new FormData();
    body.set("csrf_token", token);
    const answer = await send(undoAddress, body);
    if (!answer) return;
    close();
    onChange(answer.chosen);
    say(toast.dataset.undone);
  });

  // "Continue" takes the place of the pressed button: the second click of a double click on that one is none on this.
  document.getElementById("continue").addEventListener("click", (event) => {
    if (event.detail > 1) event.preventDefault();
  });

  for (const form of document.querySelectorAll("form[data-choice]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      choose(form);
    });
  }
}

const notice = document.getElementById("notice");
let noticeClock = 0;

/** Shows one sentence that a person must see, and reads it aloud. */
export function showNotice(text) {
  notice.querySelector("p").textContent = text;
  notice.hidden = false;
  clearTimeout(noticeClock);
  noticeClock = setTimeout(() => {
    notice.hidden = true;
  }, SECONDS * 1000);
}

/**
 * The address of a photo in another size.
 * @param {HTMLImageElement} image  the photo in any size
 */
export function sized(image, name) {
  return new URL(name, image.src).pathname;
}

/** Draws a photo's crop into a round face. */
export function drawFace(face, { image: source, shape, crop }) {
  const [width, height] = shape.split(" ").map(Number);
  const [x, y, size] = crop.split(" ").map(Number);
  const side = size * Math.min(width, height);
  face.setAttribute("viewBox", `${x * width - side / 2} ${y * height - side / 2} ${side} ${side}`);
  const image = face.querySelector("image");
  image.setAttribute("width", width);
  image.setAttribute("height", height);
  image.setAttribute("href", sized(source, `${face.getAttribute("data-slot")}.webp`));
}

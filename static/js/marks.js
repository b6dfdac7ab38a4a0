// Marks on photos: shown at once, sent together, kept in this browser while it is offline (photo ids and marks only).
import { showNotice } from "./choice.js";

const STORED = "unsent-marks";
const RETRY_MS = 15_000;
const UNAUTHORIZED = 401;

/**
 * @param {HTMLFormElement} form
 * @param {{thumbs: HTMLAnchorElement[], idOf: (thumb: HTMLAnchorElement) => string, say: (text: string) => void,
 *   onChange: () => void}} gallery
 */
export function createMarks(form, { thumbs, idOf, say, onChange }) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrf_token")).value;
  const marked = /** @type {HTMLInputElement} */ (form.elements.namedItem("marked"));
  const buttons = [...form.querySelectorAll("button")];
  let unsent = JSON.parse(localStorage.getItem(STORED) ?? "[]");
  let isSending = false;
  let isCutOff = false;
  const undone = [];

  function show(thumb) {
    marked.value = idOf(thumb);
    for (const button of buttons) {
      const isOn = thumb.dataset.mark === button.dataset.mark;
      button.ariaPressed = String(isOn);
      button.value = isOn ? "none" : button.dataset.mark;
    }
  }

  function press(thumb, mark) {
    undone.push([thumb, thumb.dataset.mark]);
    store(thumb, mark);
  }

  function store(thumb, mark) {
    thumb.dataset.mark = mark;
    onChange();
    const count = thumbs.filter((each) => each.dataset.mark === "shortlist").length;
    const text = { shortlist: form.dataset.shortlisted, skip: form.dataset.skipped, none: form.dataset.cleared }[mark];
    say(text.replace("{n}", String(count)));
    const photo = idOf(thumb);
    keep([...unsent.filter((act) => act.photo !== photo), { photo, mark, at: Date.now() }]);
    send();
  }

  // Takes the last mark back and returns its thumbnail.
  function undo() {
    const [thumb, before] = undone.pop() ?? [];
    if (thumb) store(thumb, before);
    return thumb;
  }

  function keep(acts) {
    unsent = acts;
    if (acts.length) localStorage.setItem(STORED, JSON.stringify(acts));
    else localStorage.removeItem(STORED);
  }

  // Without acts it only asks for the marks made elsewhere.
  async function send() {
    if (isSending) return;
    isSending = true;
    const sent = unsent;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        keepalive: true,
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ acts: sent }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      keep(unsent.filter((act) => !sent.includes(act)));
      apply(await answer.json());
    } catch (error) {
      isCutOff = true;
      const isExpired = error instanceof Error && error.message === String(UNAUTHORIZED);
      if (unsent.length) showNotice(isExpired ? form.dataset.expired : form.dataset.offline);
      if (!isExpired) setTimeout(() => unsent.length && send(), RETRY_MS);
    } finally {
      isSending = false;
    }
    if (unsent.length && unsent !== sent && !isCutOff) send();
  }

  function apply({ marks, overruled, missing }) {
    if (missing.length) showNotice(form.dataset.missing);
    else if (overruled.length) showNotice(form.dataset.overruled);
    else if (isCutOff) showNotice(form.dataset.sent);
    isCutOff = false;
    for (const thumb of thumbs)
      if (!unsent.some((act) => act.photo === idOf(thumb))) thumb.dataset.mark = marks[idOf(thumb)] ?? "none";
    onChange();
  }

  addEventListener("online", send);
  document.addEventListener("visibilitychange", () => document.hidden || send());
  if (unsent.length) send();
  return { show, press, undo };
}

// Marks on photos: shown at once, sent together, kept in this browser while it is offline (photo ids and marks only).

const STORED = "unsent-marks";
const RETRY_MS = 15_000;

/**
 * @param {HTMLFormElement} form
 * @param {{thumbs: HTMLAnchorElement[], idOf: (thumb: HTMLAnchorElement) => string, say: (text: string) => void}} gallery
 */
export function createMarks(form, { thumbs, idOf, say }) {
  const token = /** @type {HTMLInputElement} */ (form.elements.namedItem("csrf_token")).value;
  const marked = /** @type {HTMLInputElement} */ (form.elements.namedItem("marked"));
  const buttons = [...form.querySelectorAll("button")];
  let unsent = JSON.parse(localStorage.getItem(STORED) ?? "[]");
  let isSending = false;

  function show(thumb) {
    marked.value = idOf(thumb);
    for (const button of buttons) {
      const isOn = thumb.dataset.mark === button.dataset.mark;
      button.ariaPressed = String(isOn);
      button.value = isOn ? "none" : button.dataset.mark;
    }
  }

  function press(thumb, mark) {
    thumb.dataset.mark = mark;
    say({ shortlist: form.dataset.shortlisted, skip: form.dataset.skipped, none: form.dataset.cleared }[mark]);
    count();
    const photo = idOf(thumb);
    keep([...unsent.filter((act) => act.photo !== photo), { photo, mark, at: Date.now() }]);
    send();
  }

  function count() {
    for (const [name, mark] of [
      ["shortlist", "shortlist"],
      ["skipped", "skip"],
    ]) {
      const shown = document.querySelector(`[data-filter=${name}] span`);
      if (!new URLSearchParams(location.search).has("filter"))
        shown.textContent = String(thumbs.filter((thumb) => thumb.dataset.mark === mark).length);
    }
  }

  function keep(acts) {
    unsent = acts;
    if (acts.length) localStorage.setItem(STORED, JSON.stringify(acts));
    else localStorage.removeItem(STORED);
  }

  async function send() {
    if (isSending || !unsent.length) return;
    isSending = true;
    const sent = unsent;
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": token },
        body: JSON.stringify({ acts: sent }),
      });
      if (!answer.ok) throw new Error(String(answer.status));
      keep(unsent.filter((act) => !sent.includes(act)));
      const { marks, overruled } = await answer.json();
      if (overruled.length) say(form.dataset.overruled);
      for (const thumb of thumbs)
        if (!unsent.some((act) => act.photo === idOf(thumb))) thumb.dataset.mark = marks[idOf(thumb)] ?? "none";
      count();
    } catch {
      say(form.dataset.offline);
      setTimeout(send, RETRY_MS);
    } finally {
      isSending = false;
    }
    if (unsent.length && unsent !== sent) send();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const button = /** @type {HTMLButtonElement} */ (event.submitter);
    const thumb = thumbs.find((each) => idOf(each) === marked.value);
    press(thumb, button.value);
    show(thumb);
  });
  addEventListener("online", send);
  send();
  return { show, press };
}

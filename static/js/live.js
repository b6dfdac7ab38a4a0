// Keeps a page in step with the server: a stream says "look", plain asking is what can be relied upon.

const QUICK_MS = 5_000;
const QUICK_FOR_MS = 120_000;
const SLOW_MS = 15_000;
const BACK_TO_STREAM_MS = 60_000;
// While the stream is well, asking is only insurance, and the longer nothing happens the rarer it gets.
const INSURANCE_MS = 10_000;
const RAREST_MS = 160_000;
const TIMEOUT_MS = 10_000;

// In milliseconds, 0 where a part of the page names none.
const pace = (part) => Number(part.querySelector("[data-again]")?.dataset.again ?? 0) * 1_000;

/**
 * Keep a fragment of the page up to date.
 *
 * @param {object} options
 * @param {string} options.status URL of the fragment.
 * @param {string} options.events URL of the event stream.
 * @param {string} options.etag ETag of the fragment that the page came with; may be empty.
 * @param {(section: HTMLElement) => void} options.onChange gets each new fragment.
 * @param {(isConnected: boolean) => void} [options.onContact] gets every change between reachable and not.
 * @param {() => boolean} [options.isWaitedFor] whether a hidden page keeps polling.
 * @returns {() => Promise<void>} a function that polls at once.
 */
export function watch({ status, events, etag, onChange, onContact = () => {}, isWaitedFor = () => false }) {
  let seen = etag ? `"${etag}"` : null;
  let stream = null;
  let timer = 0;
  let brokenAt = 0;
  let insurance = INSURANCE_MS;
  let asking = null;
  let askAgain = false;
  let misses = 0;
  let again = pace(document);

  /** @returns {Promise<void>} */
  async function ask() {
    const answer = await fetch(status, {
      headers: { ...(seen && { "If-None-Match": seen }), "X-Requested-With": "fetch" },
      cache: "no-store",
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    // Signed out elsewhere: only a whole page can sign in again.
    if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
    if (answer.status === 304) return;
    if (!answer.ok) throw new Error(String(answer.status));
    const text = await answer.text();
    seen = answer.headers.get("ETag");
    insurance = INSURANCE_MS;
    /** @type {HTMLElement} */
    const section = new DOMParser().parseFromString(text, "text/html").querySelector("[data-stage]");
    if (!section) return;
    again = pace(section);
    onChange(document.importNode(section, true));
  }

  async function askUntilQuiet() {
    do {
      askAgain = false;
      try {
        await ask();
        misses = 0;
        onContact(true);
      } catch {
        misses += 1;
        if (misses >= 2) onContact(false);
        return;
      }
    } while (askAgain);
  }

  function look() {
    // News may arrive while an answer that does not know it yet is under way.
    askAgain = true;
    asking ??= askUntilQuiet().finally(() => {
      asking = null;
    });
    return asking;
  }

  function pause() {
    // Whoever waits in a line sees it move; how often that is worth a question is the server's to say.
    if (again) return again * (0.9 + Math.random() / 5);
    if (!brokenAt) {
      insurance = Math.min(insurance * 2, RAREST_MS);
      return insurance / 2;
    }
    return Date.now() - brokenAt < QUICK_FOR_MS ? QUICK_MS : SLOW_MS;
  }

  function plan() {
    clearTimeout(timer);
    if (document.hidden && !isWaitedFor()) return;
    timer = setTimeout(async () => {
      await look();
      if (!stream && Date.now() - brokenAt > BACK_TO_STREAM_MS) listen();
      plan();
    }, pause());
  }

  function listen() {
    stream?.close();
    stream = null;
    if (!("EventSource" in window)) {
      brokenAt ||= Date.now();
      return;
    }
    stream = new EventSource(events);
    stream.addEventListener("stage", look);
    stream.onopen = () => {
      brokenAt = 0;
      insurance = INSURANCE_MS;
      plan();
    };
    stream.onerror = () => {
      if (stream?.readyState === EventSource.CLOSED) stream = null;
      // Every failed try of the stream to come back ends here; only the first may start the asking anew.
      if (brokenAt) return;
      brokenAt = Date.now();
      plan();
    };
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return plan();
    look();
    if (!stream) listen();
    plan();
  });
  addEventListener("online", look);
  addEventListener("pagehide", () => {
    clearTimeout(timer);
    stream?.close();
  });
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    look();
    listen();
    plan();
  });
  listen();
  plan();
  return look;
}

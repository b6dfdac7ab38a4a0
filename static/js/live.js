// Keeps a fragment of a page up to date: an event stream triggers a poll, and polling alone is enough.
import { openSharedStream } from "./shared_stream.js";

const QUICK_MS = 5_000;
const QUICK_FOR_MS = 120_000;
const SLOW_MS = 15_000;
const WITHOUT_STREAM_MS = 20_000;
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
 * @param {string} options.signedOut URL of the page to show when the session has ended.
 * @param {string} options.etag ETag of the fragment that the page came with; may be empty.
 * @param {(section: HTMLElement) => void} options.onChange gets each new fragment.
 * @param {(isConnected: boolean) => void} [options.onContact] gets every change between reachable and not.
 * @param {() => boolean} [options.isWaitedFor] whether a hidden page keeps polling.
 * @returns {() => Promise<void>} a function that polls at once.
 */
export function watch({ status, events, signedOut, etag, onChange, onContact = () => {}, isWaitedFor = () => false }) {
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
    // The session has ended. Only a press of the person may start a sign-in.
    if (answer.type === "opaqueredirect" || answer.status === 401) {
      stream?.announceEnd();
      location.assign(signedOut);
      return;
    }
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
    // The server says when a waiting page asks again. Without a stream nothing else reports that its turn has come.
    if (again) return (brokenAt ? Math.min(again, WITHOUT_STREAM_MS) : again) * (0.9 + Math.random() / 5);
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
      if (brokenAt && Date.now() - brokenAt > BACK_TO_STREAM_MS) stream.reconnect();
      plan();
    }, pause());
  }

  function listen() {
    stream?.close();
    stream = openSharedStream(events, {
      stage: look,
      ended: look,
      open: () => {
        brokenAt = 0;
        insurance = INSURANCE_MS;
        plan();
      },
      error: () => {
        // Each failed reconnect ends here; only the first one restarts the polling.
        if (brokenAt) return;
        brokenAt = Date.now();
        plan();
      },
    });
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return plan();
    look();
    stream.reconnect();
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

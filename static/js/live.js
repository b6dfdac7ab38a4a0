// Keeps a page in step with the server: a stream says "look", plain asking is what can be relied upon.

const QUICK_MS = 5_000;
const QUICK_FOR_MS = 120_000;
const SLOW_MS = 15_000;
const BACK_TO_STREAM_MS = 60_000;
const TIMEOUT_MS = 10_000;

/**
 * Watch the fragment at `status`.
 * `onChange(section)` gets each new fragment as an element; `onContact(isConnected)` tells lost and found.
 * Returns `look()`, which asks at once.
 */
export function watch({ status, events, etag, onChange, onContact = () => {} }) {
  let seen = etag ? `"${etag}"` : null;
  let stream = null;
  let timer = 0;
  let brokenSince = 0;
  let asking = null;
  let askAgain = false;
  let misses = 0;

  async function ask() {
    try {
      const answer = await fetch(status, {
        headers: { ...(seen && { "If-None-Match": seen }), "X-Requested-With": "fetch" },
        cache: "no-store",
        credentials: "same-origin",
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      // Signed out elsewhere: only a whole page can sign in again.
      if (answer.type === "opaqueredirect" || answer.status === 401) return location.reload();
      if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
      misses = 0;
      onContact(true);
      if (answer.status === 304) return;
      const text = await answer.text();
      seen = answer.headers.get("ETag");
      const section = new DOMParser().parseFromString(text, "text/html").querySelector("[data-stage]");
      if (section) onChange(document.importNode(section, true));
    } catch {
      misses += 1;
      if (misses >= 2) onContact(false);
    }
  }

  // What changes while an answer is on its way is not in it, so the question is asked once more.
  function look() {
    if (asking) { askAgain = true; return asking; }
    asking = ask().finally(() => {
      asking = null;
      if (askAgain) { askAgain = false; look(); }
    });
    return asking;
  }

  function plan() {
    clearTimeout(timer);
    if (document.hidden) return;
    timer = setTimeout(async () => {
      await look();
      if (Date.now() - brokenSince > BACK_TO_STREAM_MS) listen();
      else plan();
    }, Date.now() - brokenSince < QUICK_FOR_MS && !stream ? QUICK_MS : SLOW_MS);
  }

  function listen() {
    stream?.close();
    if (!("EventSource" in window)) return plan();
    stream = new EventSource(events);
    stream.addEventListener("stage", () => { clearTimeout(timer); look(); });
    stream.onopen = () => { clearTimeout(timer); brokenSince = 0; };
    stream.onerror = () => {
      // A stream that reconnects by itself is left alone; asking bridges the gap either way.
      brokenSince ||= Date.now();
      if (stream.readyState === EventSource.CLOSED) stream = null;
      plan();
    };
  }

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      clearTimeout(timer);
      return;
    }
    look();
    if (!stream) { brokenSince ||= Date.now(); listen(); }
  });
  addEventListener("online", look);
  addEventListener("pagehide", () => stream?.close());
  addEventListener("pageshow", (event) => { if (event.persisted) { look(); listen(); } });
  listen();
  return look;
}

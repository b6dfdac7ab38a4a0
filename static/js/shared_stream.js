// One event stream for all tabs of a browser. Browsers allow six HTTP/1.1 connections to a host, so a stream per tab
// would block the seventh tab. The tab that holds a Web Lock opens the stream and relays its events to the others.

/**
 * @param {string} url URL of the event stream.
 * @param {{stage: () => void, open: () => void, error: () => void, ended: () => void}} handlers called in every tab:
 *   a stage changed, the stream is open, the stream is broken, the session has ended.
 */
export function openSharedStream(url, handlers) {
  const isShared = "locks" in navigator && "BroadcastChannel" in window;
  const channel = isShared ? new BroadcastChannel(url) : null;
  const request = new AbortController();
  let release = () => {};
  /** @type {EventSource | null} */
  let source = null;

  /** @param {"stage" | "open" | "error" | "ended"} kind */
  function relay(kind) {
    handlers[kind]();
    channel?.postMessage(kind);
  }

  function connect() {
    if (!("EventSource" in window)) return handlers.error();
    source?.close();
    source = new EventSource(url);
    source.addEventListener("stage", () => relay("stage"));
    source.onopen = () => relay("open");
    source.onerror = () => relay("error");
  }

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data in handlers) handlers[data]();
    };
    navigator.locks
      .request(url, { signal: request.signal }, () => {
        connect();
        return new Promise((resolve) => {
          release = () => resolve(undefined);
        });
      })
      .catch(() => {}); // Closed before this tab's turn.
  } else {
    connect();
  }

  return {
    /** Connect again if this tab holds the stream and the browser has given up on it. */
    reconnect() {
      if (source?.readyState === EventSource.CLOSED) connect();
    },
    /** Tell the other tabs that the session has ended. */
    announceEnd() {
      channel?.postMessage("ended");
    },
    close() {
      source?.close();
      channel?.close();
      request.abort();
      release();
    },
  };
}

// A notification of this browser while the page is open: only after a press, with no name in it, from nobody else's server.

let isAsked = false;

// On Android a page may ask, but only a service worker may show one.
const isPossible = () => "Notification" in window && isSecureContext && !/Android/i.test(navigator.userAgent);

/** Whether the page should keep looking while nobody sees it. */
export const isWanted = () => isAsked && isPossible() && Notification.permission === "granted";

function show(place) {
  const button = place.querySelector("button");
  const state = isPossible() ? Notification.permission : "denied";
  place.hidden = state === "denied";
  button.hidden = isAsked && state === "granted";
  place.querySelector("[data-notify-on]").hidden = !button.hidden;
}

/** Offer it inside `root` where the browser can do it and has not been told no. */
export function offer(root) {
  const place = root.querySelector("[data-notify]");
  if (!place) return;
  show(place);
  place.querySelector("button").addEventListener("click", async () => {
    isAsked = (await Notification.requestPermission().catch(() => "denied")) === "granted";
    show(place);
    if (isAsked) place.closest("section").querySelector("#stage-title").focus({ preventScroll: true });
  });
}

/** Call the person back if they asked for it and are not looking. */
export function tell(words, icon) {
  if (!isWanted() || !document.hidden) return;
  try {
    const notice = new Notification(words, { icon, tag: "headshots" });
    notice.onclick = () => {
      focus();
      notice.close();
    };
  } catch {
    // Not this browser; the title, the icon and the mail remain.
  }
}

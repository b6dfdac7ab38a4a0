// Notifications of this browser while the page is open: only after a press, without names, without a push service.

let isEnabled = false;

// On Android a page may ask, but only a service worker may show one.
const isPossible = () => "Notification" in window && isSecureContext && !/Android/i.test(navigator.userAgent);

/** Whether a notification was requested, so that the page keeps polling in the background. */
export const isRequested = () => isEnabled && isPossible() && Notification.permission === "granted";

function updateOffer(place) {
  const button = place.querySelector("button");
  const state = isPossible() ? Notification.permission : "denied";
  place.hidden = state === "denied";
  button.hidden = isEnabled && state === "granted";
  place.querySelector("[data-notify-hint]").hidden = button.hidden;
  place.querySelector("[data-notify-on]").hidden = !button.hidden;
}

/** Offer notifications inside `root` if the browser supports them and they were not denied. */
export function offerNotification(root) {
  const place = root.querySelector("[data-notify]");
  if (!place) return;
  updateOffer(place);
  place.querySelector("button").addEventListener("click", async () => {
    isEnabled = (await Notification.requestPermission().catch(() => "denied")) === "granted";
    // While the browser asked, an update may have brought another place, or a step that offers nothing.
    const present = document.querySelector("[data-notify]");
    if (!present) return;
    updateOffer(present);
    /** @type {HTMLElement} */
    const title = present.closest("section").querySelector("#stage-title");
    if (isEnabled) title.focus({ preventScroll: true });
  });
}

/** Show a notification if one was requested and the page is hidden. */
export function showNotification(text, icon) {
  if (!isRequested() || !document.hidden) return;
  try {
    const notice = new Notification(text, { icon, tag: "headshots" });
    notice.onclick = () => {
      focus();
      notice.close();
    };
  } catch {
    // Not supported after all; the title, the icon and the mail remain.
  }
}

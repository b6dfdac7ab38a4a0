// What this browser can do for the studio. Everything found is advice: nothing here keeps anybody out.

const AGENT = navigator.userAgent;
const isIos = /iPhone|iPad|iPod/.test(AGENT) || (/Macintosh/.test(AGENT) && navigator.maxTouchPoints > 1);
const isSafari = /Safari\//.test(AGENT) && !/Chrome|Chromium|Android/.test(AGENT);
const isFirefox = /Firefox\//.test(AGENT);

/** Whether this browser is known to keep frames of other sites from their cookies. */
export const isStrict = isSafari || isIos || isFirefox;

function deniedWords() {
  if (isIos) return "deniedIos";
  if (isFirefox) return "deniedFirefox";
  return isSafari ? "deniedSafari" : "denied";
}

async function camera(onChange) {
  if (!isSecureContext || !navigator.mediaDevices) return null;
  const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (permission) permission.onchange = onChange;
  if (permission?.state === "denied") return [deniedWords(), false];
  const devices = await navigator.mediaDevices.enumerateDevices().catch(() => null);
  if (devices && !devices.some((device) => device.kind === "videoinput")) return ["none", false];
  return [permission?.state === "granted" ? "allowed" : "good", true];
}

function cookies() {
  if (!navigator.cookieEnabled) return ["off", false];
  return isStrict ? ["strict", false] : ["good", true];
}

function say(place, finding) {
  place.hidden = !finding;
  if (!finding) return;
  const [words, isGood] = finding;
  place.textContent = place.dataset[words];
  place.classList.toggle("is-good", isGood);
}

/** Look, and say what was found in `list`; again whenever the camera's permission changes. */
export async function advise(list) {
  const place = (check) => list.querySelector(`[data-check="${check}"]`);
  say(place("secure"), isSecureContext ? ["good", true] : ["insecure", false]);
  say(place("cookies"), cookies());
  say(place("camera"), await camera(() => advise(list)));
}

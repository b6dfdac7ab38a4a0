// Checks what this browser can do for the studio. One line is shown, and only if something is missing; it is advice.

const AGENT = navigator.userAgent;
const isIos = /iPhone|iPad|iPod/.test(AGENT) || (/Macintosh/.test(AGENT) && navigator.maxTouchPoints > 1);
const isSafari = /Safari\//.test(AGENT) && !/Chrome|Chromium|Android/.test(AGENT);
const isFirefox = /Firefox\//.test(AGENT);

/** Whether this browser blocks the cookies of framed sites: all of WebKit does. */
export const isStrict = isSafari || isIos;

function deniedKey() {
  if (isIos) return "deniedIos";
  if (isFirefox) return "deniedFirefox";
  return isSafari ? "deniedSafari" : "denied";
}

async function findCameraProblem(onChange) {
  const permission = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
  if (permission) permission.onchange = onChange;
  if (permission?.state === "denied") return deniedKey();
  const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => null);
  return devices && !devices.some((device) => device.kind === "videoinput") ? "none" : null;
}

async function findProblem(onChange) {
  if (!isSecureContext) return "insecure";
  if (!navigator.cookieEnabled) return "off";
  return (await findCameraProblem(onChange)) ?? (isStrict ? "strict" : null);
}

/** Show the first problem in `note`, and check again whenever the camera's permission changes. */
export async function checkBrowser(note) {
  const text = note.querySelector("span");
  const problem = await findProblem(() => checkBrowser(note));
  note.hidden = !problem;
  note.dataset.problem = problem ?? "";
  text.textContent = problem ? text.dataset[problem] : "";
}

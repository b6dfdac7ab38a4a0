// The camera panel. The camera is stopped whenever the panel is closed.
const panel = document.getElementById("camera");
/** @type {HTMLVideoElement} */
const video = /** @type {HTMLVideoElement} */ (document.getElementById("viewfinder"));
const opener = /** @type {HTMLButtonElement} */ (document.getElementById("camera-open"));
const shutter = /** @type {HTMLButtonElement} */ (document.getElementById("shutter"));
const closer = document.getElementById("camera-close");

const TROUBLE = {
  NotAllowedError: "The camera is blocked for this page. Allow it in the address bar, or add photos from your files.",
  NotFoundError: "No camera was found. Add photos from your files instead.",
  NotReadableError: "Another program is using the camera. Close it and try again, or add photos from your files.",
};
const OTHER_TROUBLE = "The camera could not be started. Add photos from your files instead.";

let stream = null;
let taken = 0;

export function openCamera({ onPicture, onError }) {
  opener.addEventListener("click", () => (stream ? stop() : start(onError)));
  closer.addEventListener("click", () => {
    stop();
    opener.focus();
  });
  shutter.addEventListener("click", () => shoot(onPicture, onError));
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    stop();
    opener.focus();
  });
  addEventListener("pagehide", stop);
}

async function start(onError) {
  if (!navigator.mediaDevices?.getUserMedia) {
    onError(OTHER_TROUBLE);
    return;
  }
  opener.disabled = true;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "user", width: { ideal: 1920 }, height: { ideal: 1440 } },
    });
    video.srcObject = stream;
    shutter.disabled = true;
    panel.hidden = false;
    opener.setAttribute("aria-expanded", "true");
    await video.play();
    shutter.disabled = false;
    shutter.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "center" });
  } catch (error) {
    stop();
    onError(TROUBLE[/** @type {Error} */ (error).name] ?? OTHER_TROUBLE);
  } finally {
    opener.disabled = false;
  }
}

function stop() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  video.srcObject = null;
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
}

function shoot(onPicture, onError) {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  panel.classList.remove("shot");
  void panel.offsetWidth; // lets the flash start again
  panel.classList.add("shot");
  canvas.toBlob(
    (blob) => {
      if (!blob) onError("That picture could not be taken. Try once more.");
      else onPicture(new File([blob], `Picture ${++taken}.jpg`, { type: "image/jpeg" }));
    },
    "image/jpeg",
    0.94,
  );
}

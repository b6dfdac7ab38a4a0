// Uploading an own photo: chosen or dropped, reduced where this browser can decode it, with progress, a way to cancel,
// and sent again after a broken connection. Without this script the form sends the file as it is.

const LONGEST_SIDE = 4000;
const QUALITY = 0.92;
const MEGABYTE = 1_000_000;
const TOO_LARGE = 413;
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("own-upload"));
const file = /** @type {HTMLInputElement} */ (document.getElementById("own-file"));
const drop = document.getElementById("own-drop");
const uploading = document.getElementById("own-uploading");
const preview = /** @type {HTMLImageElement} */ (document.getElementById("own-preview"));
const progress = /** @type {HTMLProgressElement} */ (document.getElementById("own-progress"));
const refused = document.getElementById("own-refused");
const again = document.getElementById("own-again");
let request = null;

async function reduce(original) {
  if (!/^image\/(jpeg|png|webp)$/.test(original.type)) return original;
  try {
    const bitmap = await createImageBitmap(original);
    const scale = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
    if (scale >= 1) return original;
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: "image/jpeg", quality: QUALITY });
  } catch {
    return original;
  }
}

function showProgress({ loaded, total }) {
  const percent = Math.round((loaded / total) * 100);
  progress.value = percent;
  const megabytes = (bytes) =>
    (bytes / MEGABYTE).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  const text = form.dataset.sent.replace("{done}", megabytes(loaded)).replace("{total}", megabytes(total));
  document.getElementById("own-sent").textContent = text;
  if (percent % 25 === 0)
    document.getElementById("own-said").textContent = form.dataset.said.replace("{percent}", String(percent));
}

/** @returns {Promise<XMLHttpRequest>} */
function send(body) {
  return new Promise((resolve, reject) => {
    request = new XMLHttpRequest();
    request.upload.addEventListener("progress", showProgress);
    request.addEventListener("load", () => resolve(request));
    for (const name of ["error", "timeout"]) request.addEventListener(name, () => reject(new Error(name)));
    request.addEventListener("abort", () => resolve(null));
    request.open("POST", form.action || location.href);
    request.send(body);
  });
}

function show({ busy, refusal = "", canRetry = false }) {
  uploading.hidden = !busy;
  drop.hidden = busy;
  refused.hidden = !refusal;
  refused.querySelector("span").textContent = refusal;
  again.hidden = !canRetry;
  if (!busy && !canRetry) file.value = "";
}

async function upload() {
  const [chosen] = file.files;
  if (!chosen) return;
  // The file may be above the cap as it is and below it once reduced.
  document.getElementById("own-name").textContent = chosen.name;
  URL.revokeObjectURL(preview.src);
  preview.hidden = !/^image\/(jpeg|png|webp)$/.test(chosen.type);
  if (!preview.hidden) preview.src = URL.createObjectURL(chosen);
  progress.value = 0;
  show({ busy: true });
  const body = new FormData(form);
  const content = await reduce(chosen);
  body.set("photo", content, chosen.name);
  if (content.size > Number(form.dataset.max)) return show({ busy: false, refusal: form.dataset.tooLarge });
  try {
    const answer = await send(body);
    if (!answer) return show({ busy: false });
    if (answer.responseURL && answer.status < 400) return location.assign(answer.responseURL);
    if (answer.status === TOO_LARGE) return show({ busy: false, refusal: form.dataset.tooLarge });
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    const refusal = page.querySelector("[role=alert]:not([hidden])");
    show({ busy: false, refusal: refusal ? refusal.textContent.trim() : form.dataset.lost, canRetry: !refusal });
  } catch {
    show({ busy: false, refusal: form.dataset.lost, canRetry: true });
  }
}

if (form) {
  form.classList.add("is-live");
  file.addEventListener("change", upload);
  again.addEventListener("click", upload);
  document.getElementById("own-cancel").addEventListener("click", () => request?.abort());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    upload();
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.toggle("is-over", name === "dragover");
    });
  }
  drop.addEventListener("drop", (event) => {
    file.files = event.dataTransfer.files;
    upload();
  });
  // A file may have been chosen before this script arrived.
  upload();
}

export {};

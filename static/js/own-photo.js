// Uploading an own photo: reduced in the browser where it can be decoded, with progress, and sent again after a broken
// connection. Without this script the form sends the file as it is.

const LONGEST_SIDE = 4000;
const QUALITY = 0.92;
const form = /** @type {HTMLFormElement | null} */ (document.getElementById("own-upload"));
const file = /** @type {HTMLInputElement} */ (document.getElementById("own-file"));
const progress = /** @type {HTMLProgressElement} */ (document.getElementById("own-progress"));
const said = document.getElementById("own-said");

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

/**
 * @param {FormData} body
 * @returns {Promise<XMLHttpRequest>}
 */
function upload(body) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      const percent = Math.round((event.loaded / event.total) * 100);
      progress.value = percent;
      if (percent % 25 === 0) said.textContent = form.dataset.sent.replace("{percent}", String(percent));
    });
    request.addEventListener("load", () => resolve(request));
    for (const name of ["error", "abort", "timeout"]) request.addEventListener(name, reject);
    request.open("POST", form.action || location.href);
    request.send(body);
  });
}

form?.addEventListener("submit", async (event) => {
  const [chosen] = file.files;
  if (!chosen) return;
  event.preventDefault();
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  progress.hidden = false;
  const body = new FormData(form);
  const content = await reduce(chosen);
  body.set("photo", content, chosen.name);
  if (content.size > Number(form.dataset.max)) {
    said.textContent = form.dataset.tooLarge;
  } else {
    try {
      const answer = await upload(body);
      if (answer.responseURL && answer.status < 400) return location.assign(answer.responseURL);
      const page = new DOMParser().parseFromString(answer.responseText, "text/html");
      const refusal = page.querySelector("[role=alert]");
      said.textContent = refusal ? refusal.textContent.trim() : form.dataset.lost;
    } catch {
      said.textContent = form.dataset.lost;
    }
  }
  button.removeAttribute("aria-busy");
  progress.hidden = true;
});

export {};

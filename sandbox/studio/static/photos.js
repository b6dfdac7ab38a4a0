// Uploads photos one by one without leaving the page: files, drag and drop, camera. The server validates each.
import { openCamera } from "./camera.js";

const form = /** @type {HTMLFormElement} */ (document.getElementById("add"));
const input = /** @type {HTMLInputElement} */ (document.getElementById("files"));
const uploadResults = document.getElementById("upload-results");
const maxBytes = Number(form.dataset.maxBytes);

const queue = [];
let busy = false;

function takeChosen() {
  enqueue([...input.files]);
  input.value = "";
}

input.addEventListener("change", takeChosen);

form.addEventListener("submit", (event) => event.preventDefault());

function enqueue(files) {
  if (!files.length) return;
  if (!busy && !queue.length) uploadResults.replaceChildren();
  queue.push(...files);
  if (!busy) work();
}

async function work() {
  busy = true;
  form.setAttribute("aria-busy", "true");
  while (queue.length) {
    showWaiting(queue.length);
    await send(queue.shift());
  }
  showWaiting(0);
  form.removeAttribute("aria-busy");
  busy = false;
}

async function send(file) {
  if (file.size > maxBytes) {
    showMessage(`“${file.name}” is larger than 15 MB. Add a smaller copy of it.`, false);
    return;
  }
  const body = new FormData();
  body.append("photos", file, file.name);
  await post(form.action, body, `“${file.name}” did not arrive. Check your connection, then add it again.`);
}

async function post(address, body, failure) {
  try {
    const response = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
    const type = response.headers.get("Content-Type") ?? "";
    if (response.redirected || !type.includes("json")) {
      // The session changed in another window: load the page the server redirects to.
      location.assign(response.redirected ? response.url : location.href);
      return;
    }
    const payload = await response.json();
    if (payload.error) showMessage(payload.error, false);
    for (const result of payload.results ?? []) showMessage(result.sentence, result.added);
    if (payload.html) showUploads(payload.html);
  } catch {
    showMessage(failure, false);
  }
}

function showMessage(sentence, good) {
  const line = document.createElement("p");
  line.className = `notice ${good ? "good" : "bad"}`;
  line.textContent = sentence;
  uploadResults.append(line);
  // Keep only the last success message, so that errors stay visible.
  if (good) for (const old of [...uploadResults.querySelectorAll(".good")].slice(0, -1)) old.remove();
}

function showUploads(html) {
  // Adopt the nodes first: an image that changes documents is loaded again.
  const fresh = document.adoptNode(new DOMParser().parseFromString(html, "text/html").getElementById("uploads"));
  const old = document.getElementById("uploads");
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (fresh.querySelectorAll("li[data-id]"))) {
    // Keep images already shown, so that they neither flicker nor load twice.
    /** @type {HTMLImageElement} */
    const same = old.querySelector(`li[data-id="${CSS.escape(item.dataset.id)}"] img`);
    if (same) {
      same.alt = item.querySelector("img").alt;
      item.querySelector("img").replaceWith(same);
    }
  }
  old.replaceWith(fresh);
}

function showWaiting(count) {
  document.getElementById("waiting")?.remove();
  if (!count) return;
  const line = document.createElement("p");
  line.id = "waiting";
  line.className = "notice busy";
  line.textContent = count === 1 ? "Checking 1 photo…" : `Checking ${count} photos…`;
  uploadResults.before(line);
}

document.addEventListener("submit", async (event) => {
  /** @type {HTMLFormElement} */
  const removing = /** @type {Element} */ (event.target).closest("[data-remove]");
  if (!removing) return;
  event.preventDefault();
  const place = [...document.querySelectorAll("[data-remove]")].indexOf(removing);
  uploadResults.replaceChildren();
  await post(removing.action, new FormData(), "The photo could not be removed. Check your connection, then try again.");
  /** @type {NodeListOf<HTMLElement>} */
  const left = document.querySelectorAll("[data-remove] button");
  (left[Math.min(place, left.length - 1)] ?? input).focus();
});

for (const kind of /** @type {const} */ (["dragenter", "dragover"])) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) form.classList.remove("over");
});
document.addEventListener("drop", (event) => {
  form.classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  enqueue([...event.dataTransfer.files]);
});

openCamera({ onPicture: (file) => enqueue([file]), onError: (sentence) => showMessage(sentence, false) });

// Files may have been chosen before this script arrived.
takeChosen();

// Polls the progress page: often while visible, with backoff after errors, not while hidden.
const board = document.getElementById("progress");
const MIN_INTERVAL_MS = 1500;
const MAX_INTERVAL_MS = 15000;
let wait = MIN_INTERVAL_MS;
let timer = 0;

async function poll() {
  try {
    const response = await fetch(board.dataset.status, { headers: { Accept: "application/json" } });
    const result = await response.json();
    if (!response.ok) {
      location.reload();
      return;
    }
    if (result.next) {
      location.replace(result.next);
      return;
    }
    if (result.status !== board.dataset.current) {
      // Only on change: replacing equal text would make a screen reader announce it again.
      board.innerHTML = result.html;
      board.dataset.current = result.status;
      document.title = document.title.replace(/^.*?(?= – )/, board.querySelector("h1").textContent);
    }
    wait = MIN_INTERVAL_MS;
  } catch {
    wait = Math.min(wait * 2, MAX_INTERVAL_MS);
  }
  timer = setTimeout(poll, wait);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) poll();
});
timer = setTimeout(poll, wait);

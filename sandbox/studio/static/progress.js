// Keeps the progress page current: asks often while it is looked at, seldom after errors, not at all when hidden.
const board = document.getElementById("progress");
const QUICK = 1500;
const SLOWEST = 15000;
let wait = QUICK;
let timer = 0;

async function ask() {
  try {
    const answer = await fetch(board.dataset.status, { headers: { Accept: "application/json" } });
    const told = await answer.json();
    if (!answer.ok) {
      location.reload();
      return;
    }
    if (told.next) {
      location.replace(told.next);
      return;
    }
    if (told.status !== board.dataset.current) {
      // Only on change: replacing equal words would make a screen reader say them again.
      board.innerHTML = told.html;
      board.dataset.current = told.status;
      document.title = document.title.replace(/^.*?(?= – )/, board.querySelector("h1").textContent);
    }
    wait = QUICK;
  } catch {
    wait = Math.min(wait * 2, SLOWEST);
  }
  timer = setTimeout(ask, wait);
}

document.addEventListener("visibilitychange", () => {
  clearTimeout(timer);
  if (!document.hidden) ask();
});
timer = setTimeout(ask, wait);

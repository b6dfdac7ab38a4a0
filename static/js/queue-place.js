// Counts places and minutes in the queue down between two polls, at the speed the server estimated.

const STEP_MS = 3_000;
// One and zero have sentences of their own, which the server sends.
const LOWEST = 2;
const since = new WeakMap();

function countDown() {
  /** @type {NodeListOf<HTMLElement>} */
  const numbers = document.querySelectorAll("[data-count-down]");
  for (const number of numbers) {
    if (!since.has(number)) since.set(number, Date.now());
    const minutes = (Date.now() - since.get(number)) / 60_000;
    const left = Number(number.dataset.countDown) - Math.floor(minutes * Number(number.dataset.perMinute));
    number.textContent = Math.max(left, LOWEST).toLocaleString(document.documentElement.lang);
  }
}

countDown();
setInterval(countDown, STEP_MS);

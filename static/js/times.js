// Tells moments in the reader's own time zone and language, or as how long ago they were.

const LANGUAGE = document.documentElement.lang || undefined;
const REFRESH_MS = 30_000;
const DAY_S = 86_400;

const clock = new Intl.DateTimeFormat(LANGUAGE, { hour: "numeric", minute: "2-digit" });
const day = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const elderly = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "long" });
const passed = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

// The reader's clock may be wrong; the server's is the one the moments were taken by.
/** @type {HTMLElement} */
const page = document.querySelector("[data-now]");
const said = Date.parse(page?.dataset.now ?? "");
const ahead = Number.isNaN(said) ? 0 : said - Date.now();
const present = () => Date.now() + ahead;

function relative(at) {
  const seconds = Math.max(0, (present() - at) / 1000);
  if (seconds < 60) return passed.format(0, "second");
  if (seconds < 3600) return passed.format(-Math.floor(seconds / 60), "minute");
  if (seconds < DAY_S) return passed.format(-Math.floor(seconds / 3600), "hour");
  return passed.format(-Math.floor(seconds / DAY_S), "day");
}

function moment(at) {
  const [then, now] = [new Date(at), new Date(present())];
  if (then.toDateString() === now.toDateString()) return clock.format(at);
  return (then.getFullYear() === now.getFullYear() ? day : elderly).format(at);
}

/** Tell every moment inside `root`. */
export function tellTimes(root = document) {
  /** @type {NodeListOf<HTMLTimeElement>} */
  const times = root.querySelectorAll("time[data-moment], time[data-ago]");
  for (const time of times) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    const words = "ago" in time.dataset ? relative(at) : moment(at);
    if (time.textContent !== words) time.textContent = words;
    time.title = exact.format(at);
  }
}

tellTimes();
setInterval(() => tellTimes(), REFRESH_MS);

// Formats moments in the reader's time zone and language, and stores the time zone for the server's next page.

const LANGUAGE = document.documentElement.lang || undefined;
const REFRESH_MS = 30_000;
const DAY_S = 86_400;
const YEAR_S = 365 * DAY_S;

// As the server writes it: 05:20 in German, 5:20 AM in English.
const clock = new Intl.DateTimeFormat(LANGUAGE, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(LANGUAGE, {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "numeric",
  minute: "2-digit",
});
const dated = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });
const exact = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "full", timeStyle: "long" });
const passed = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });

// The reader's clock may be wrong; the moments were taken by the server's.
/** @type {HTMLElement} */
const page = document.querySelector("[data-now]");
const rendered = Date.parse(page?.dataset.now ?? "");
const ahead = Number.isNaN(rendered) ? 0 : rendered - Date.now();

/** The present by the server's clock, in milliseconds. */
export const present = () => Date.now() + ahead;

function formatAgo(at, justNow) {
  const seconds = Math.max(0, (present() - at) / 1000);
  if (seconds < 60) return justNow || passed.format(0, "second");
  if (seconds < 3600) return passed.format(-Math.floor(seconds / 60), "minute");
  if (seconds < DAY_S) return passed.format(-Math.floor(seconds / 3600), "hour");
  return passed.format(-Math.floor(seconds / DAY_S), "day");
}

function formatMoment(at) {
  const [then, now] = [new Date(at), new Date(present())];
  if (then.toDateString() === now.toDateString()) return clock.format(at);
  return (then.getFullYear() === now.getFullYear() ? day : dated).format(at);
}

function formatTime({ dataset }, at) {
  if ("ago" in dataset) return formatAgo(at, dataset.justNow);
  return formatMoment(at);
}

/** Format every moment inside `root`. */
export function formatTimes(root = document) {
  /** @type {NodeListOf<HTMLTimeElement>} */
  const times = root.querySelectorAll("time:is([data-moment], [data-ago], [data-clock])");
  for (const time of times) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at)) continue;
    const text = formatTime(time, at);
    if (time.textContent !== text) time.textContent = text;
    time.title = exact.format(at);
  }
}

/** Move each bar inside `root` to where it is between its two moments. */
export function moveBars(root = document) {
  /** @type {NodeListOf<HTMLProgressElement>} */
  const bars = root.querySelectorAll("progress[data-from]");
  for (const bar of bars) {
    const [from, to] = [Date.parse(bar.dataset.from), Date.parse(bar.dataset.to)];
    if (to > from) bar.value = Math.min(95, Math.max(5, (100 * (present() - from)) / (to - from)));
  }
}

function storeTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || document.cookie.split("; ").includes(`time_zone=${zone}`)) return;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in Firefox ESR and Safari 17.
  document.cookie = `time_zone=${zone}; path=/; max-age=${YEAR_S}; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;
}

storeTimeZone();
formatTimes();
moveBars();
setInterval(() => {
  formatTimes();
  moveBars();
}, REFRESH_MS);

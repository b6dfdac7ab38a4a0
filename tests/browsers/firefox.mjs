// Drives Firefox for a test: one command a line on stdin, one answer a line on stdout, both JSON.
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, scheme, width, height] = process.argv.slice(2);
const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  defaultViewport: { width: Number(width), height: Number(height) },
  extraPrefsFirefox: {
    // 0 is dark, 1 is light, whatever the system does.
    "layout.css.prefers-color-scheme.content-override": scheme === "dark" ? 0 : 1,
    "app.update.enabled": false,
    "app.normandy.enabled": false,
    "browser.safebrowsing.downloads.remote.enabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "extensions.getAddons.cache.enabled": false,
    "services.settings.server": "",
    "toolkit.telemetry.enabled": false,
    "intl.accept_languages": "en-US, en",
  },
});
const page = await browser.newPage();
let frame = page.mainFrame();

const problems = [];
page.on("pageerror", (error) => problems.push(String(error)));

async function findElement(finder, role, name) {
  const handle = await frame.evaluateHandle(`(${finder})(${JSON.stringify(role)}, ${JSON.stringify(name)})`);
  return handle.asElement();
}

const commands = {
  goto: ({ url }) => page.goto(url, { waitUntil: "load" }).then(() => null),
  run: ({ script }) => frame.evaluate(script),
  async click({ finder, role, name }) {
    const element = await findElement(finder, role, name);
    if (!element) return false;
    await element.click();
    return true;
  },
  async type({ finder, role, name, text }) {
    const element = await findElement(finder, role, name);
    if (!element) return false;
    await element.click();
    await page.keyboard.type(text);
    return true;
  },
  async upload({ finder, name, paths }) {
    const element = await findElement(finder, "file", name);
    if (!element) return false;
    await element.uploadFile(...paths);
    return true;
  },
  press: ({ key }) => page.keyboard.press(key).then(() => null),
  async enter_frame() {
    const handle = await page.$("iframe");
    const inner = await handle?.contentFrame();
    if (!inner) return false;
    frame = inner;
    return true;
  },
  leave_frame() {
    frame = page.mainFrame();
    return null;
  },
  screenshot: ({ path }) => page.screenshot({ path }).then(() => null),
  problems: () => problems,
};

process.stdout.write(`${JSON.stringify({ ready: await browser.version() })}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { method, ...parameters } = JSON.parse(line);
  if (method === "close") break;
  try {
    process.stdout.write(`${JSON.stringify({ result: (await commands[method](parameters)) ?? null })}\n`);
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ error: String(error) })}\n`);
  }
}
await browser.close();

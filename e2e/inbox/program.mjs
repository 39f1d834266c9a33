// Uses each inbox in a real browser as a person does: tasks on standard input, a JSON line of findings for each.

import { sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [home, executablePath] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const need = createRequire(join(home, "program.js"));
const { chromium } = need("playwright-core");
const tasks = JSON.parse(readFileSync(0, "utf8"));
const PATIENCE = 20000;
// web-sdk renews its token 30 seconds before it expires; its socket keeps the old one until the hub refuses it.
const SOON_SECONDS = 40;

const bundle = await need("esbuild").build({
  entryPoints: [join(here, "pages.jsx")], bundle: true, write: false, jsx: "automatic", format: "iife", logLevel: "error",
  nodePaths: [join(home, "node_modules")], define: { "process.env.NODE_ENV": '"production"', global: "window" },
  loader: { ".svg": "dataurl", ".png": "dataurl" }, outdir: join(here, "out"),
});
const script = bundle.outputFiles.find((each) => each.path.endsWith(".js")).text;
const server = createServer((request, response) => {
  const isScript = request.url === "/pages.js";
  response.setHeader("Content-Type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? script : '<!doctype html><link rel="icon" href="data:,"><body><script src="/pages.js"></script>');
}).listen(0, "localhost");
await new Promise((resolve) => server.once("listening", resolve));
const origin = `http://localhost:${server.address().port}`;

const official = { badge: ".badge", bell: ".bell", read: ".read", archive: ".archive",
  card: (text) => `.card:has-text("${text}")`, tab: (name) => `text="${name}"`, all: 'text="Mark all as read"' };
const looks = {
  widget: { badge: ".badge", bell: ".bell", read: '[aria-label="Mark as read"]', archive: '[aria-label="Archive"]',
    card: (text) => `li:has-text("${text}")`, tab: (name) => `[role=tab]:has-text("${name}")`, all: 'text="Mark all as read"' },
  react: official, "react-inbox": official,
};

const browser = await chromium.launch({ executablePath, args: ["--headless=new", "--no-sandbox"] });
for (const task of tasks) {
  const found = {};
  try {
    await use(task, found);
  } catch (error) {
    found.fault = String(error.message ?? error).split("\n").slice(0, 6).join("\n");
  }
  process.stdout.write(JSON.stringify({ page: task.page, ...found }) + "\n");
}
await browser.close();
server.close();

async function use(task, found) {
  const context = await browser.newContext();
  // A page that can lose its sockets, and can't open new ones for a while.
  await context.addInitScript(() => {
    const Real = window.WebSocket;
    window.sockets = [];
    window.WebSocket = class extends Real {
      constructor(url) {
        super(window.isCut ? "ws://localhost:9/" : url);
        window.sockets.push(this);
      }
    };
  });
  const tab = await context.newPage();
  tab.setDefaultTimeout(PATIENCE);
  tab.on("pageerror", (error) => (found.errors ??= []).push(String(error)));
  const lines = [];
  tab.on("websocket", (line) => line.on("framereceived", ({ payload }) => lines.push(String(payload))));
  const greeted = () => lines.filter((each) => each.startsWith("40")).length;
  await tab.goto(origin);
  const tokens = { soon: token(task, SOON_SECONDS), token: token(task, 86400) };
  await tab.evaluate((each) => window.show(each), { ...task, ...tokens, signing_key: null });
  await until(() => greeted() > 0, "a greeting");
  if (task.page === "js-inbox") await useClient(task, tab, found);
  else await useAsPerson(task, tab, found, looks[task.page], greeted);
  await context.close();
}

async function useAsPerson(task, tab, found, look, greeted) {
  const first = await arrive(task, tab, found, "First", async () => {
    await tab.waitForSelector(`${look.badge}:has-text("1")`);
  });
  await tab.click(look.bell);
  await tab.waitForSelector(look.card("First"));
  await tab.waitForFunction(
    (selector) => !document.querySelector(selector)?.textContent.trim().match(/^[1-9]/), look.badge);
  found.listed = true;
  if (!task.is_first) await until(async () => (await detail(task, first)).seen_on, "seen");
  found.seen = true;
  await tab.click(`${look.card("First")} ${look.read}`);
  await until(async () => (await detail(task, first)).read_on, "read");
  found.read = true;
  await tab.locator(look.tab("Unread")).first().click();
  await tab.waitForSelector(look.card("First"), { state: "detached" });
  await tab.locator(look.tab("All")).first().click();
  await tab.waitForSelector(look.card("First"));
  found.tabs = true;
  await tab.click(`${look.card("First")} ${look.archive}`);
  await until(async () => (await detail(task, first)).archived, "archived");
  await tab.waitForSelector(look.card("First"), { state: "detached" });
  found.archived = true;
  const second = await arrive(task, tab, found, "Second", () => tab.waitForSelector(look.card("Second")));
  await tab.locator(look.all).first().click();
  await until(async () => (await detail(task, second)).read_on, "all read");
  found.all_read = true;
  await mark(task, second, "archive");
  await tab.waitForSelector(look.card("Second"), { state: "detached" });
  found.other_device = true;
  if (!task.is_first) {
    await until(() => greeted() > 1, "a greeting with a fresh token", 3 * PATIENCE);
    await arrive(task, tab, found, "Third", () => tab.waitForSelector(look.card("Third")));
    found.fresh_token = true;
  }
  if (task.page === "widget") await useWidget(task, tab, found, look, greeted);
}

async function useWidget(task, tab, found, look, greeted) {
  const before = greeted();
  await tab.evaluate(() => { window.isCut = true; window.sockets.forEach((each) => each.close()); });
  const [missed] = await trigger(task, "Missed");
  await tab.evaluate(() => { window.isCut = false; });
  await tab.waitForSelector(`li:has-text("Missed")`);
  await until(() => greeted() > before, "a socket again");
  found.caught_up = Boolean(missed);
  await trigger(task, "**Bold** [page](https://example.com/) [trap](javascript:alert(1)) <img src=x onerror=alert(1)>");
  const card = tab.locator('li:has-text("trap")');
  await card.waitFor();
  found.text = await card.evaluate((each) => ({
    bold: each.querySelector("strong")?.textContent,
    links: [...each.querySelectorAll("a")].map((link) => link.href),
    images: each.querySelectorAll("img").length,
    says: each.textContent.includes("<img src=x onerror=alert(1)>"),
  }));
  found.archived_by_key = [];
  // One in the middle, then the last one, then the only one.
  for (const text of ["Missed", "Third", "trap"]) {
    await tab.focus(`li:has-text("${text}") ${look.archive}`);
    await tab.keyboard.press("Enter");
    await tab.waitForSelector(`li:has-text("${text}")`, { state: "detached" });
    found.archived_by_key.push(await tab.evaluate(() => {
      const at = document.querySelector("suprsend-inbox").shadowRoot.activeElement;
      return at?.tagName === "LI" ? at.textContent.match(/Missed|Third|trap/)?.[0] : at?.className;
    }));
  }
  await tab.keyboard.press("Escape");
  found.focus = await tab.evaluate(() => document.querySelector("suprsend-inbox").shadowRoot.activeElement?.className);
  await tab.keyboard.press("Enter");
  await tab.waitForSelector(".panel:not([hidden])");
  found.keyboard = true;
}

async function useClient(task, tab, found) {
  const arrived = () => tab.evaluate(() => window.arrived.map((each) => each.message.text));
  const first = await arrive(task, tab, found, "First", () => until(async () => (await arrived()).length === 1, "arrival"));
  found.listed = (await arrived())[0] === "First";
  await tab.evaluate((id) => window.client.feed.markRead(id), first);
  await until(async () => (await detail(task, first)).read_on, "read");
  await tab.evaluate((id) => window.client.feed.markArchived(id), first);
  await until(async () => (await detail(task, first)).archived, "archived");
  const second = await arrive(task, tab, found, "Second", () => until(async () => (await arrived()).length === 2, "arrival"));
  await tab.evaluate(() => window.client.feed.markAllRead());
  await until(async () => (await detail(task, second)).read_on, "all read");
  await tab.evaluate(() => window.client.feed.markAllSeen());
  found.read = found.archived = found.all_read = true;
}

async function arrive(task, tab, found, text, isThere) {
  const [id, sent] = await trigger(task, text);
  await isThere();
  (found.milliseconds ??= []).push(Date.now() - sent);
  return id;
}

// Returns when the notification is in the inbox: what then takes time is the way to the page.
async function trigger(task, text) {
  const known = new Set((await list(task)).map((each) => each.n_id));
  const body = { name: "Look", template: task.template, notification_category: "transactional", data: { text },
    users: [{ distinct_id: task.person, $channels: ["inbox"] }] };
  await hub(task, "POST", `/${task.workspace_key}/trigger/`, body);
  const fresh = await until(async () => (await list(task)).find((each) => !known.has(each.n_id)), `the trigger of ${text}`);
  return [fresh.n_id, Date.now()];
}

// What the app's backend signs for somebody.
function token(task, seconds) {
  const claims = { entity_type: "subscriber", entity_id: task.person, exp: Math.floor(Date.now() / 1000) + seconds };
  const parts = [{ alg: "ES256", typ: "JWT" }, claims].map((each) => Buffer.from(JSON.stringify(each)).toString("base64url"));
  const made = sign("sha256", parts.join("."), { key: task.signing_key, dsaEncoding: "ieee-p1363" });
  return [...parts, made.toString("base64url")].join(".");
}

function whose(task) {
  return `distinct_id=${task.person}&tenant_id=default`;
}

async function list(task) {
  return (await hub(task, "GET", `/v1/feed/notifications?${whose(task)}`)).results;
}

function detail(task, id) {
  return hub(task, "GET", `/v1/feed/notifications/${id}?${whose(task)}`);
}

function mark(task, id, action) {
  return hub(task, "PATCH", `/v1/feed/notifications/${id}/${action}?${whose(task)}`, {});
}

async function hub(task, method, path, body) {
  const headers = { Authorization: `Bearer ${task.api_key}`, "Content-Type": "application/json" };
  const answer = await fetch(task.base_url + path, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`);
  return answer.headers.get("content-type").includes("json") ? answer.json() : null;
}

async function until(isThere, what, patience = PATIENCE) {
  const deadline = Date.now() + patience;
  while (Date.now() < deadline) {
    const value = await isThere();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${what}`);
}

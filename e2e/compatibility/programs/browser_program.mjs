// Plays features with the official client of browsers, in a real one: the task on standard input, JSON lines out.
//
// The page comes from an origin of its own, so that the hub is another one, as it is for everybody's pages.

import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [home, executablePath] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const { chromium } = createRequire(join(home, "program.js"))("playwright-core");
const task = JSON.parse(readFileSync(0, "utf8"));

const modules = {
  "@suprsend/web-sdk": "@suprsend/web-sdk/dist/es/index.js",
  mitt: "mitt/dist/mitt.mjs",
  "jwt-decode": "jwt-decode/build/jwt-decode.esm.js",
  "zustand/vanilla": "zustand/esm/vanilla.mjs",
  "socket.io-client": "socket.io-client/dist/socket.io.esm.min.js",
};
const imports = Object.fromEntries(Object.entries(modules).map(([name, path]) => [name, `/node_modules/${path}`]));
const page = `<!doctype html><link rel="icon" href="data:,">
<script type="importmap">${JSON.stringify({ imports })}</script>
<script type="module" src="/stage.mjs"></script>`;
const worker = `importScripts("/node_modules/@suprsend/web-sdk/public/serviceworker.js");
initSuprSend(${JSON.stringify(task.public_key)}, { host: ${JSON.stringify(task.base_url)} });`;

const server = createServer((request, response) => {
  const [path] = request.url.split("?");
  const file = path.startsWith("/node_modules/") ? join(home, path) : join(here, path);
  response.setHeader("Content-Type", path === "/" ? "text/html" : "text/javascript");
  if (path === "/") response.end(page);
  else if (path === "/serviceworker.js") response.end(worker);
  else if (!path.includes("..") && existsSync(file)) response.end(readFileSync(file));
  else response.writeHead(404).end();
}).listen(0, "localhost");
await new Promise((resolve) => server.once("listening", resolve));
const origin = `http://localhost:${server.address().port}`;

// A test's own pages are all that it opens; as root it has no sandbox.
const browser = await chromium.launch({ executablePath, args: ["--headless=new", "--no-sandbox"] });
const seen = { methods: new Set(), called: new Set() };
// A few at a time: most of them wait.
const waiting = [...task.features];
await Promise.all(Array.from({ length: 4 }, work));
process.stdout.write(JSON.stringify({ methods: [...seen.methods], called: [...seen.called] }) + "\n");
await browser.close();
server.close();

// One person after another uses the same device, and leaves nothing behind.
async function work() {
  const context = await browser.newContext();
  await context.grantPermissions(["notifications"], { origin });
  const tab = await context.newPage();
  await context.exposeFunction("deliver", (text) => deliver(context, tab, text));
  await context.exposeFunction("react", (kind) => react(context, kind));
  for (let feature = waiting.shift(); feature; feature = waiting.shift()) {
    await tab.goto(origin);
    await tab.waitForFunction("window.playFeature !== undefined");
    const told = { ...task, features: [] };
    const { outcome, methods, called } = await tab.evaluate((both) => window.playFeature(...both), [told, feature]);
    methods.forEach((each) => seen.methods.add(each));
    called.forEach((each) => seen.called.add(each));
    process.stdout.write(JSON.stringify(outcome) + "\n");
    await tab.evaluate("window.leave()");
  }
  await context.close();
}

// A push, decrypted, as the browser hands it to the service worker.
async function deliver(context, tab, data) {
  const session = await context.newCDPSession(tab);
  const registered = new Promise((resolve) => {
    session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      const found = registrations.find((each) => each.scopeURL.startsWith(origin) && !each.isDeleted);
      if (found) resolve(found.registrationId);
    });
  });
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.deliverPushMessage", { origin, registrationId: await registered, data });
  await session.detach();
}

// What the browser tells the service worker when somebody clicks on a notification, or closes it.
async function react(context, kind) {
  const running = context.serviceWorkers().at(-1);
  await running.evaluate(async (name) => {
    const shown = async () => (await self.registration.getNotifications())[0];
    let notification = await shown();
    for (let times = 0; !notification && times < 100; times += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      notification = await shown();
    }
    self.dispatchEvent(new NotificationEvent(name, { notification, action: "" }));
  }, kind);
}

// What a page has beside the client: a push service, a server of its own, and eyes.

import * as suprsend from "@suprsend/web-sdk";
import { Player } from "./play.mjs";

// Any point of the curve: the stand-in for the push service knows its own.
const VAPID_KEY = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxs-qJckfSfnckjJuBiUJ7l8e0mS1rN7pVw2j0b0";
// Longer than anything here takes; what does not come by then does not come.
const PATIENCE = 8000;

window.playFeature = async (task, feature) => {
  // Chromium would ask Google's push service for a subscription; here the hub's own stand-in gives one.
  let subscription = null;
  PushManager.prototype.getSubscription = async () => subscription;
  PushManager.prototype.subscribe = async () => {
    const given = await get(`/dev/browser/push-${feature.subject}/`);
    subscription = { endpoint: given.endpoint, toJSON: () => given };
    return subscription;
  };
  const open = () => new suprsend.SuprSend(task.public_key, { host: task.base_url, vapidKey: VAPID_KEY });
  const player = new Player(suprsend, open(), { stage: new Stage(open) });
  const outcome = await player.play(feature);
  return { outcome, ...player.seen() };

  async function get(path, options) {
    const headers = { Authorization: `Bearer ${task.api_key}`, "Content-Type": "application/json" };
    const answer = await fetch(task.base_url + path, { headers, ...options });
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
    return answer.headers.get("Content-Type")?.includes("json") ? answer.json() : answer.text();
  }

  function Stage(open) {
    return {
      // Another device of the same person.
      device: open,
      // Send somebody a message, as the app's server does.
      trigger: (body) => get(`/${task.workspace_key}/trigger/`, { method: "POST", body: JSON.stringify(body) }),
      // Wait until a feed's socket is open.
      connected: (feed) => until(() => feed.socket?.connected),
      // The next event of an emitter.
      next: (emitter, name) => within(new Promise((resolve) => emitter.on(name, resolve)), name),
      // The event that was waited for.
      arrived: (event) => event,
      // What a feed shows.
      look: (feed) => feed.data,
      // Wait until something that a feed shows is there.
      shows: (feed, path) => until(() => path.split(".").reduce((value, member) => value?.[member], feed.data)),
      // Wait until a feed's number is this.
      counts: (feed, name, wanted) => until(() => feed.data.meta[name] === wanted),
      // Let the push service hand over what the hub sent it.
      push: async () => {
        const path = `/dev/outbox/?channel=webpush&recipient=${encodeURIComponent(`push-${feature.subject}`)}`;
        const [sent] = await until(async () => {
          const { results } = await get(path);
          return results.length > 0 && results;
        });
        await window.deliver(JSON.stringify(sent.content));
        return sent.content;
      },
      // What somebody does with the notification.
      click: () => window.react("notificationclick"),
      close: () => window.react("notificationclose"),
    };
  }
};

window.leave = async () => {
  localStorage.clear();
  for (const each of await navigator.serviceWorker.getRegistrations()) await each.unregister();
};

async function until(isThere) {
  const deadline = Date.now() + PATIENCE;
  while (Date.now() < deadline) {
    const value = await isThere();
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`waited in vain for ${isThere}`);
}

function within(promise, what) {
  const patience = new Promise((_, reject) => setTimeout(() => reject(new Error(`no ${what} came`)), PATIENCE));
  return Promise.race([promise, patience]);
}

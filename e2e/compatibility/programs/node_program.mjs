// Plays features with the official client of Node: the task on standard input, JSON lines out.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Player } from "./play.mjs";

// The client prints warnings, so the answers have the channel for themselves.
console.log = console.warn = console.error;

const suprsend = createRequire(`${process.argv[2]}/program.js`)("@suprsend/node-sdk");
const task = JSON.parse(readFileSync(0, "utf8"));
const options = { base_url: task.base_url };
const client = new suprsend.Suprsend(task.workspace_key, task.workspace_secret, options);
const player = new Player(suprsend, client);
for (const feature of task.features) {
  process.stdout.write(JSON.stringify(await player.play(feature)) + "\n");
}
process.stdout.write(JSON.stringify(player.seen()) + "\n");

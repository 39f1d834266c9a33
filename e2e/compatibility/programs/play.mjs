// Plays features with a client of JavaScript, in Node and in a browser alike.

export class Player {
  constructor(exports, client, stage = {}) {
    this.exports = exports;
    this.client = client;
    this.stage = stage;
    this.methods = new Set();
    this.called = new Set();
  }

  // Do every step; what each gave, and what stopped it.
  async play(feature) {
    const known = { client: this.client, ...this.stage };
    const values = [];
    for (const [number, step] of feature.steps.entries()) {
      try {
        values.push(await this.perform(step, known));
        // In a browser the client raises nothing; what depends on the answer would only wait in vain.
        if (values.at(-1)?.status === "error" && !step.refused) {
          this.lookAhead(feature.steps.slice(number + 1), known);
          return { feature: feature.name, values };
        }
      } catch (error) {
        const raised = { raised: error?.constructor?.name ?? "Error", message: String(error?.message ?? error) };
        if (!step.refused) {
          this.lookAhead(feature.steps.slice(number + 1), known);
          return { feature: feature.name, values, ...raised };
        }
        values.push(raised);
      }
    }
    return { feature: feature.name, values };
  }

  async perform(step, known) {
    const members = step.call.split(".");
    const name = members.pop();
    const args = step.arguments.map((each) => insert(each, known));
    if (Object.keys(step.options).length > 0) args.push(insert(step.options, known));
    let value;
    if (/^[A-Z]/.test(name)) {
      value = new this.exports[name](...args);
    } else {
      const owner = this.find(members, known);
      this.see(owner, name);
      value = owner[name](...args);
      // What is saved under a name with "later" is waited for by another step.
      if (!step.save.startsWith("later")) value = await value;
    }
    if (step.save) known[step.save] = value;
    return asJson(value);
  }

  find(members, known) {
    if (members.length === 0) return known.client;
    const [head, ...rest] = members;
    return rest.reduce((owner, member) => owner[member], known[head] ?? known.client[head]);
  }

  // Note the calls that were meant but did not come to pass, where their object is known.
  lookAhead(steps, known) {
    for (const step of steps) {
      const members = step.call.split(".");
      const name = members.pop();
      try {
        // What constructs something sends nothing.
        if (/^[A-Z]/.test(name)) known[step.save] = new this.exports[name](...step.arguments, step.options);
        else this.see(this.find(members, known), name);
      } catch {
        // Its object would have come of a call that did not come to pass.
      }
    }
  }

  // Note a call, and what else could be called.
  see(owner, name) {
    const kind = Object.getPrototypeOf(owner);
    if (kind === Object.prototype) return;
    for (const [key, each] of Object.entries(Object.getOwnPropertyDescriptors(kind))) {
      if (typeof each.value === "function" && key !== "constructor" && !key.startsWith("_")) {
        this.methods.add(`${kind.constructor.name}.${key}`);
      }
    }
    this.called.add(`${kind.constructor.name}.${name}`);
  }

  seen() {
    return { methods: [...this.methods].sort(), called: [...this.called].sort() };
  }
}

function insert(argument, known) {
  if (Array.isArray(argument)) return argument.map((each) => insert(each, known));
  if (argument === null || typeof argument !== "object" || Object.getPrototypeOf(argument) !== Object.prototype) {
    return argument;
  }
  if (!("$saved" in argument)) {
    return Object.fromEntries(Object.entries(argument).map(([key, each]) => [key, insert(each, known)]));
  }
  const [head, ...members] = argument.$saved.split(".");
  return members.reduce((value, member) => value[member], known[head]);
}

// Objects of the client are nothing to look at, apart from a bulk response.
function asJson(value) {
  if (value === undefined) return null;
  if (value === null || typeof value !== "object") return typeof value === "function" ? null : value;
  const kind = Object.getPrototypeOf(value);
  const plain = kind === Object.prototype || Array.isArray(value) || kind?.constructor?.name === "BulkResponse";
  return plain ? JSON.parse(JSON.stringify(value)) : null;
}

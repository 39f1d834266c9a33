  class Inbox extends HTMLElement {
    static observedAttributes = ["public-key", "distinct-id", "tenant-id", "host", "token"];
    #items = []; #counts = { badge: 0 }; #hasMore = false; #tab = 0; #isOpen = false; #hasFailed = false;
    #turn = 0; #seen = new Set(); #timers = new Map();

    // The page sets refreshToken, tabs and labels, perhaps before this script is there.
    connectedCallback() {
      this.tabs ??= [];
      this.labels ??= {};
      if (!this.shadowRoot) this.#build();
      document.addEventListener("pointerdown", this.#outside);
      this.#start();
    }
    disconnectedCallback() {
      document.removeEventListener("pointerdown", this.#outside);
      this.#stop();
    }
    #outside = (event) => this.#isOpen && !event.composedPath().includes(this) && this.toggle(false);
    attributeChangedCallback(name, before, after) {
      if (!this.isConnected || !this.shadowRoot || before === after || name === "token") return;
      this.#stop();
      this.#items = [];
      this.#counts = { badge: 0 };
      this.#start();
    }
    get host() { return (this.getAttribute("host") || HERE).replace(/\/$/, ""); }

    #start() {
      if (!this.getAttribute("public-key") || !this.getAttribute("distinct-id")) return;
      this.#wire = new Wire(this.host, () => this.#greeting(), (...said) => this.#hear(...said));
      this.#poll = setInterval(() => {
        if (!this.#wire.isOpen) this.#catchUp();
        else if (this.#items.some((each) => each.expiry && each.expiry <= Date.now())) this.#refresh();
      }, POLL);
      this.#catchUp();
    }
    #wire; #poll;
    #stop() {
      this.#turn += 1;
      this.#wire?.close();
      clearInterval(this.#poll);
    }
    #greeting() {
      return {
        authorization: this.getAttribute("public-key"), "x-ss-signature": this.getAttribute("token") ?? undefined,
        distinct_id: this.getAttribute("distinct-id"), tenant_id: this.getAttribute("tenant-id") || "default", schema: "1",
      };
    }

    // --- the hub
    async #call(method, path, query = {}, body = undefined, isSecond = false) {
      const said = this.#greeting();
      const whole = new URLSearchParams({ distinct_id: said.distinct_id, tenant_id: said.tenant_id, ...query });
      const headers = { authorization: said.authorization };
      if (said["x-ss-signature"]) headers["x-ss-signature"] = said["x-ss-signature"];
      if (method !== "GET") headers["content-type"] = "application/json";
      const answer = await fetch(`${this.host}/v1/feed/${path}?${whole}`, {
        // A click may leave the page before its mark has left.
        method, headers, keepalive: method !== "GET", body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
      });
      if (answer.status === 401 && !isSecond && (await this.#renew())) return this.#call(method, path, query, body, true);
      if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}`);
      return answer.json();
    }
    #renewing = null;
    #renew() {
      this.#renewing ??= (async () => {
        const token = await this.refreshToken?.();
        if (token) this.setAttribute("token", token);
        return Boolean(token);
      })().catch(() => false).finally(() => (this.#renewing = null));
      return this.#renewing;
    }
    #store(tab) {
      const { tags = [], categories = [], ...rest } = tab.query ?? {};
      const words = (given) => ({ or: [given].flat() });
      return { store_id: tab.id, query: { ...rest, tags: words(tags), categories: words(categories) } };
    }
    #page(after) {
      const query = { page_size: PAGE, search_after: JSON.stringify(after) };
      if (this.tabs.length) query.store = JSON.stringify(this.#store(this.tabs[this.#tab]));
      return this.#call("GET", "notifications", query);
    }
    async #recount() {
      const stores = this.tabs.length ? { stores: JSON.stringify(this.tabs.map((each) => this.#store(each))) } : {};
      this.#counts = await this.#call("GET", "notifications_count", stores);
    }
    // From the newest on until a whole page is known already: whatever was missed lies before that.
    async #catchUp() {
      const turn = ++this.#turn;
      try {
        const known = new Set(this.#items.map((each) => each.n_id));
        let found = [], page, isKnown = false;
        for (let number = 0; number < MOST_PAGES && !isKnown; number += 1) {
          page = await this.#page(found.length ? place(found.at(-1)) : []);
          found = [...found, ...page.results];
          isKnown = !page.meta.has_more || !known.size || page.results.every((each) => known.has(each.n_id));
        }
        await this.#recount();
        if (turn !== this.#turn) return;
        const last = found.at(-1);
        const older = page.meta.has_more && last ? this.#items.filter((each) => comesAfter(each, last)) : [];
        this.#items = [...found, ...older];
        if (!older.length) this.#hasMore = page.meta.has_more;
        this.#hasFailed = false;
      } catch { if (turn === this.#turn) this.#hasFailed = true; }
      this.#render();
    }
    async #hear(name, said) {
      if (name === "refused") return this.#renew();
      if (name === "connect") return this.#catchUp();
      if (name === "reset_badge") { this.#counts.badge = 0; return this.#render(); }
      if (name === "bulk_notification_update") return this.#catchUp();
      if (!said?.n_id) return undefined;
      return this.#attempt(async () => {
        const item = await this.#call("GET", `notifications/${encodeURIComponent(said.n_id)}`);
        this.#put(item);
        await this.#recount();
        if (name !== "new_notification") return;
        this.#announce(this.#label("arrived", plain(item.message.header || item.message.text)));
        this.dispatchEvent(new CustomEvent("new-notification", { detail: item }));
      });
    }
    #put(item) {
      const others = this.#items.filter((each) => each.n_id !== item.n_id);
      const index = others.findIndex((each) => comesAfter(each, item));
      if (this.#fits(item)) others.splice(index < 0 ? others.length : index, 0, item);
      this.#items = others;
    }
    #fits(item) {
      const { read, archived = false, tags = [], categories = [] } = this.tabs[this.#tab]?.query ?? {};
      const [any, some] = [[tags].flat(), [categories].flat()];
      return (read === undefined || read === Boolean(item.read_on)) && archived === item.archived
        && (!any.length || any.some((each) => item.tags.includes(each)))
        && (!some.length || some.includes(item.n_category));
    }
    // Show at once what is meant, and what is so once the hub has answered.
    async #attempt(work) {
      this.#render();
      try { await work(); } catch { await this.#catchUp(); }
      this.#render();
    }
    #mark(item, action) {
      const now = Date.now();
      const change = { read: { read_on: now }, unread: { read_on: null }, archive: { archived: true },
        interacted: { read_on: item.read_on ?? now, interacted_on: now } }[action];
      this.#put({ ...item, ...change });
      return this.#attempt(async () => {
        await this.#call("PATCH", `notifications/${encodeURIComponent(item.n_id)}/${action}`);
        await this.#recount();
      });
    }
    #readAll() {
      this.#items = this.#items.map((each) => ({ ...each, read_on: each.read_on ?? Date.now() }));
      return this.#attempt(async () => {
        await this.#call("PATCH", "mark_all_read");
        await this.#recount();
      });
    }
    #see(id) {
      this.#seen.add(id);
      clearTimeout(this.#seeing);
      this.#seeing = setTimeout(() => {
        const ids = [...this.#seen].slice(0, 100);
        this.#seen.clear();
        this.#call("POST", "bulk/notifications/seen", {}, { notification_ids: ids }).catch(() => {});
      }, 50);
    }
    #seeing;
    #more() {
      return this.#attempt(async () => {
        const page = await this.#page(place(this.#items.at(-1)));
        const known = new Set(this.#items.map((each) => each.n_id));
        this.#items = [...this.#items, ...page.results.filter((each) => !known.has(each.n_id))];
        this.#hasMore = page.meta.has_more;
      });
    }
    #refresh() { return this.#attempt(() => this.#recount()); }

    // --- what is seen
    #build() {
      const root = this.attachShadow({ mode: "open" });
      const bell = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      for (const [name, value] of [["viewBox", "0 0 24 24"], ["width", "22"], ["aria-hidden", "true"]]) bell.setAttribute(name, value);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("fill", "currentColor");
      path.setAttribute("d", "M12 22a2.5 2.5 0 0 0 2.4-2H9.6A2.5 2.5 0 0 0 12 22zm7-6v-5a7 7 0 0 0-5.5-6.8V3.5a1.5 1.5 0 0 0-3 0v.7A7 7 0 0 0 5 11v5l-2 2v1h18v-1z");
      bell.append(path);
      this.#parts = {
        badge: make("span", { className: "badge", "aria-hidden": "true" }),
        tabs: make("div", { role: "tablist" }), list: make("ul"), heard: make("div", { className: "heard", role: "status" }),
        title: make("h2"), note: make("p", { className: "note" }),
        more: make("button", { type: "button", className: "more", onclick: () => this.#more() }),
        all: make("button", { type: "button", onclick: () => this.#readAll() }),
        close: make("button", { type: "button", textContent: "\u00d7", onclick: () => this.toggle(false) }),
      };
      const { badge, tabs, list, heard, title, note, more, all, close } = this.#parts;
      this.#parts.bell = make("button", { type: "button", className: "bell", "aria-haspopup": "dialog", onclick: () => this.toggle() }, bell, badge);
      this.#parts.panel = make("section", { className: "panel", role: "dialog", hidden: true },
        make("header", {}, title, all, close), tabs, make("div", { className: "body" }, list, note, more));
      root.append(make("style", { textContent: STYLE }), this.#parts.bell, this.#parts.panel, heard);
      root.addEventListener("keydown", (event) => this.#key(event));
      this.#watcher = new IntersectionObserver((entries) => entries.forEach((each) => this.#look(each)), { threshold: 0.5 });
      this.#render();
    }
    #parts; #watcher;
    #look({ target, isIntersecting }) {
      clearTimeout(this.#timers.get(target.id));
      if (isIntersecting) this.#timers.set(target.id, setTimeout(() => this.#see(target.id.slice(2)), SEEN_AFTER));
    }
    #key(event) {
      if (event.key === "Escape" && this.#isOpen) return this.toggle(false);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || event.target.getAttribute("role") !== "tab") return undefined;
      this.#choose((this.#tab + step + this.tabs.length) % this.tabs.length);
      return this.#parts.tabs.children[this.#tab].focus();
    }
    #choose(index) {
      this.#tab = index;
      this.#items = [];
      this.#render();
      return this.#catchUp();
    }
    // Open or close the panel; what the bell counted is then known.
    toggle(isOpen = !this.#isOpen) {
      if (isOpen === this.#isOpen) return;
      this.#isOpen = isOpen;
      if (isOpen && this.#counts.badge) {
        this.#counts.badge = 0;
        this.#call("PATCH", "reset_bell_count").catch(() => {});
      }
      // Where there is no room to the left of the bell, the panel opens to the right.
      const { right } = this.#parts.bell.getBoundingClientRect();
      this.#parts.panel.style.cssText = right < Math.min(400, innerWidth * 0.92) ? "right:auto;left:0" : "";
      this.#render();
      (isOpen ? this.#parts.close : this.#parts.bell).focus();
    }
    #label(name, ...values) {
      const label = this.labels[name] ?? LABELS[name];
      return typeof label === "function" ? label(...values) : label;
    }
    #announce(text) { this.#parts.heard.textContent = text; }
    #render() {
      if (!this.#parts) return;
      const { badge, bell, panel, tabs, list, title, note, more, all, close } = this.#parts;
      const number = this.#counts.badge;
      badge.hidden = !number;
      badge.textContent = number > 99 ? "99+" : number;
      const name = this.#label("bell");
      bell.setAttribute("aria-label", number ? `${name}, ${this.#label("badge", number)}` : name);
      bell.setAttribute("aria-expanded", this.#isOpen);
      panel.setAttribute("aria-label", name);
      panel.hidden = !this.#isOpen;
      title.textContent = name;
      all.textContent = this.#label("readAll");
      close.setAttribute("aria-label", this.#label("close"));
      tabs.hidden = this.tabs.length < 2;
      const hadFocus = this.shadowRoot.activeElement?.dataset?.key;
      tabs.replaceChildren(...this.tabs.map((each, index) => make("button", {
        type: "button", role: "tab", "aria-selected": index === this.#tab, tabIndex: index === this.#tab ? 0 : -1,
        onclick: () => this.#choose(index),
      }, `${each.label ?? each.id}${this.#counts[each.id] ? ` (${this.#counts[each.id]})` : ""}`)));
      const shown = this.#items.filter((each) => !each.expiry || each.expiry > Date.now());
      this.#watcher.disconnect();
      list.replaceChildren(...shown.map((each) => this.#card(each)));
      note.hidden = shown.length > 0 && !this.#hasFailed;
      note.textContent = this.#label(this.#hasFailed ? "failed" : "empty");
      more.hidden = !this.#hasMore;
      more.textContent = this.#label("more");
      if (hadFocus) this.shadowRoot.querySelector(`[data-key="${CSS.escape(hadFocus)}"]`)?.focus();
    }
    #card(item) {
      const { message } = item;
      const tool = (action, sign) => {
        const button = make("button", { type: "button", title: this.#label(action), "aria-label": this.#label(action), onclick: () => this.#mark(item, action) }, sign);
        button.dataset.key = `${item.n_id} ${action === "archive" ? action : "read"}`;
        return button;
      };
      const follow = (event) => this.#follow(event, item);
      const link = safe(message.url);
      const head = link
        ? anchor(message.url, { className: "head", newTab: message.open_in_new_tab, onclick: follow }, plain(message.header))
        : make("button", { type: "button", className: "head", onclick: follow }, plain(message.header));
      head.dataset.key = `${item.n_id} head`;
      const deed = (each) => anchor(each.url, { className: "act", newTab: each.open_in_new_tab, onclick: follow }, plain(each.name));
      const picture = safe(message.avatar?.avatar_url);
      const small = [new Date(item.created_on).toLocaleString()];
      if (item.is_pinned) small.unshift(this.#label("pinned"));
      if (item.expiry && item.is_expiry_visible) small.push(this.#label("expires", new Date(item.expiry).toLocaleString()));
      const card = make("li", { id: `n-${item.n_id}`, className: item.read_on ? "" : "unread" },
        picture && make("img", { className: "avatar", src: picture, alt: "", referrerPolicy: "no-referrer" }),
        make("div", { className: "main" },
          !item.read_on && make("span", { className: "heard" }, this.#label("unreadMark")),
          message.header || link ? head : null, make("div", {}, ...marked(message.text)),
          message.subtext?.text && make("div", { className: "soft" }, ...(safe(message.subtext.action_url)
            ? [anchor(message.subtext.action_url, {}, plain(message.subtext.text))] : marked(message.subtext.text))),
          message.actions?.length > 0 && make("div", { className: "acts" }, ...message.actions.slice(0, 2).filter((each) => safe(each.url)).map(deed)),
          make("div", { className: "soft" }, small.join(" \u00b7 "))),
        make("div", { className: "tools" }, item.read_on ? tool("unread", "\u25cf") : tool("read", "\u2713"), !item.archived && tool("archive", "\u2715")));
      if (!item.seen_on) this.#watcher.observe(card);
      return card;
    }
    // The page may have its own way: then its handler prevents the default.
    #follow(event, item) {
      const stays = !this.dispatchEvent(new CustomEvent("notification-click", { detail: item, cancelable: true }));
      if (stays) event.preventDefault();
      this.#mark(item, "interacted");
    }
  }

  const place = (item) => [item.is_pinned, item.created_on];
  const comesAfter = (one, other) => one.is_pinned === other.is_pinned
    ? one.created_on < other.created_on : other.is_pinned;

  customElements.get("suprsend-inbox") ?? customElements.define("suprsend-inbox", Inbox);
})();

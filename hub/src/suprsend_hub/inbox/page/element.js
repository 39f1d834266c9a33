  class Inbox extends HTMLElement {
    static observedAttributes = ["public-key", "distinct-id", "tenant-id", "host"];
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
    attributeChangedCallback(_, before, after) {
      if (!this.isConnected || !this.shadowRoot || before === after) return;
      this.#stop();
      this.#items = [];
      this.#counts = { badge: 0 };
      this.#start();
    }
    get host() { return (this.getAttribute("host") || HERE).replace(/\/$/, ""); }

    #start() {
      const { authorization, distinct_id } = this.#greeting();
      if (!authorization || !distinct_id) return;
      this.#wire = new Wire(this.host, () => this.#greeting(), (...said) => this.#hear(...said));
      this.#poll = setInterval(() => {
        if (!this.#wire.isOpen) this.#catchUp();
        else if (this.#items.some((each) => each.expiry && each.expiry <= Date.now())) this.#attempt(() => this.#recount());
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
      const [authorization, distinct_id, tenant_id, token] =
        ["public-key", "distinct-id", "tenant-id", "token"].map((each) => this.getAttribute(each));
      const proof = token ? { "x-ss-signature": token } : {};
      return { authorization, distinct_id, tenant_id: tenant_id || "default", schema: "1", ...proof };
    }

    // --- the hub
    async #call(method, path, query = {}, body = {}, isSecond = false) {
      const { distinct_id, tenant_id, schema, ...proof } = this.#greeting();
      const whole = new URLSearchParams({ distinct_id, tenant_id, ...query });
      const isChange = method !== "GET";
      const answer = await fetch(`${this.host}/v1/feed/${path}?${whole}`, {
        // A click may leave the page before its mark has left.
        method, keepalive: isChange, headers: { ...proof, "content-type": "application/json" },
        body: isChange ? JSON.stringify(body) : null,
      });
      if (answer.status === 401 && !isSecond && (await this.#renew())) return this.#call(method, path, query, body, true);
      if (!answer.ok) throw new Error(answer.status);
      return answer.json();
    }
    #renewing = null;
    #renew() {
      return (this.#renewing ??= (async () => {
        const token = await this.refreshToken?.();
        if (token) this.setAttribute("token", token);
        return token;
      })().catch(() => false).finally(() => (this.#renewing = null)));
    }
    #store(tab) {
      const { tags = [], categories = [], ...rest } = tab.query ?? {};
      const words = (given) => ({ or: [given].flat() });
      return { store_id: tab.id, query: { ...rest, tags: words(tags), categories: words(categories) } };
    }
    #page(last) {
      const after = last ? [last.is_pinned, last.created_on] : [];
      const query = { page_size: PAGE, search_after: JSON.stringify(after) };
      if (this.tabs.length) query.store = JSON.stringify(this.#store(this.tabs[this.#tab]));
      return this.#call("GET", "notifications", query);
    }
    async #recount() {
      const stores = this.tabs.length ? { stores: JSON.stringify(this.tabs.map((each) => this.#store(each))) } : {};
      this.#counts = await this.#call("GET", "notifications_count", stores);
    }
    #known() { return new Set(this.#items.map((each) => each.n_id)); }
    // From the newest on until a whole page is known already: whatever was missed lies before that.
    async #catchUp() {
      const turn = ++this.#turn;
      try {
        const known = this.#known();
        let found = [], page, isKnown = false;
        for (let number = 0; number < MOST_PAGES && !isKnown; number += 1) {
          page = await this.#page(found.at(-1));
          found = [...found, ...page.results];
          isKnown = !page.meta.has_more || !known.size || page.results.every((each) => known.has(each.n_id));
        }
        await this.#recount();
        if (turn !== this.#turn) return;
        const last = found.at(-1);
        const older = page.meta.has_more && last ? this.#items.filter((each) => order(last, each) < 0) : [];
        this.#items = [...found, ...older];
        if (!older.length) this.#hasMore = page.meta.has_more;
        this.#hasFailed = false;
      } catch { if (turn === this.#turn) this.#hasFailed = true; }
      this.#render();
    }
    async #hear(name, said) {
      if (name === "refused") return this.#renew();
      if (name === "connect" || name === "bulk_notification_update") return this.#catchUp();
      if (name === "reset_badge") this.#counts.badge = 0;
      if (!said?.n_id) return this.#render();
      return this.#attempt(async () => {
        const item = await this.#call("GET", of(said));
        this.#put(item);
        await this.#recount();
        if (name !== "new_notification") return;
        this.#parts.heard.textContent = this.#label("arrived", plain(item.message.header || item.message.text));
        this.dispatchEvent(new CustomEvent("new-notification", { detail: item }));
      });
    }
    #put(item) {
      const others = this.#items.filter((each) => each.n_id !== item.n_id);
      this.#items = this.#fits(item) ? [...others, item].sort(order) : others;
    }
    #fits(item) {
      const { read, archived = false, tags = [], categories = [] } = this.tabs[this.#tab]?.query ?? {};
      const isRead = Boolean(item.read_on);
      const has = (wanted, own) => !wanted.length || [wanted].flat().some((each) => own.includes(each));
      return (read ?? isRead) === isRead && archived === item.archived
        && has(tags, item.tags) && has(categories, [item.n_category]);
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
      return this.#change(`${of(item)}/${action}`);
    }
    #readAll() {
      this.#items = this.#items.map((each) => ({ ...each, read_on: each.read_on ?? Date.now() }));
      return this.#change("mark_all_read");
    }
    #change(path) {
      return this.#attempt(async () => {
        await this.#call("PATCH", path);
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
        const page = await this.#page(this.#items.at(-1));
        const known = this.#known();
        this.#items = [...this.#items, ...page.results.filter((each) => !known.has(each.n_id))];
        this.#hasMore = page.meta.has_more;
      });
    }

    // --- what is seen
    #build() {
      const root = this.attachShadow({ mode: "open" });
      const badge = make("span", { className: "badge", ariaHidden: true });
      const drawing = draw("svg", { viewBox: "0 0 24 24", width: 22, "aria-hidden": "true" }, draw("path", {
        fill: "currentColor",
        d: "M12 22a2.5 2.5 0 0 0 2.4-2H9.6A2.5 2.5 0 0 0 12 22zm7-6v-5a7 7 0 0 0-5.5-6.8V3.5a1.5 1.5 0 0 0-3 0v.7A7 7 0 0 0 5 11v5l-2 2v1h18v-1z",
      }));
      const bell = button({ className: "bell", ariaHasPopup: "dialog", onclick: () => this.toggle() }, drawing, badge);
      const title = make("h2");
      const all = button({ onclick: () => this.#readAll() });
      const close = button({ textContent: "\u00d7", onclick: () => this.toggle(false) });
      const tabs = make("div", { role: "tablist" });
      const list = make("ul");
      const note = make("p", { className: "note" });
      const more = button({ className: "more", onclick: () => this.#more() });
      const heard = make("div", { className: "heard", role: "status" });
      const panel = make("section", { className: "panel", role: "dialog", tabIndex: -1, hidden: true },
        make("header", {}, title, all, close), tabs, box("body", list, note, more));
      this.#parts = { badge, bell, panel, tabs, list, heard, title, note, more, all, close };
      root.append(make("style", { textContent: "look.css" }), bell, panel, heard);
      root.addEventListener("keydown", this.#key);
      this.#watcher = new IntersectionObserver((entries) => this.#look(entries), { threshold: 0.5 });
      this.#render();
    }
    #parts; #watcher;
    #look(entries) {
      for (const { target: { id }, isIntersecting } of entries) {
        clearTimeout(this.#timers.get(id));
        if (isIntersecting) this.#timers.set(id, setTimeout(() => this.#see(id), SEEN_AFTER));
      }
    }
    #key = (event) => {
      if (event.key === "Escape") this.toggle(false);
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step || event.target.getAttribute("role") !== "tab") return;
      this.#choose((this.#tab + step + this.tabs.length) % this.tabs.length);
      this.#parts.tabs.children[this.#tab].focus();
    };
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
      const { bell, panel, close } = this.#parts;
      const { right } = bell.getBoundingClientRect();
      panel.style.cssText = right < Math.min(400, innerWidth * 0.92) ? "right:auto;left:0" : "";
      this.#render();
      (isOpen ? close : bell).focus();
    }
    #label(name, ...values) {
      const label = this.labels[name] ?? LABELS[name];
      return typeof label === "function" ? label(...values) : label;
    }
    #render() {
      const { badge, bell, panel, tabs, list, title, note, more, all, close } = this.#parts;
      const number = this.#counts.badge;
      const name = this.#label("bell");
      set(badge, { hidden: !number, textContent: number > 99 ? "99+" : number });
      set(bell, { ariaLabel: number ? `${name}, ${this.#label("badge", number)}` : name, ariaExpanded: this.#isOpen });
      set(panel, { ariaLabel: name, hidden: !this.#isOpen });
      title.textContent = name;
      all.textContent = this.#label("readAll");
      close.ariaLabel = this.#label("close");
      tabs.hidden = this.tabs.length < 2;
      const root = this.shadowRoot, had = root.activeElement;
      const place = [...list.children].findIndex((each) => each.contains(had));
      tabs.replaceChildren(...this.tabs.map((each, index) => button({
        id: `tab-${index}`, role: "tab", ariaSelected: index === this.#tab, tabIndex: index === this.#tab ? 0 : -1,
        onclick: () => this.#choose(index),
      }, `${each.label ?? each.id}${this.#counts[each.id] ? ` (${this.#counts[each.id]})` : ""}`)));
      const shown = this.#items.filter((each) => !each.expiry || each.expiry > Date.now());
      this.#watcher.disconnect();
      list.replaceChildren(...shown.map((each) => this.#card(each)));
      note.hidden = shown.length && !this.#hasFailed;
      note.textContent = this.#label(this.#hasFailed ? "failed" : "empty");
      set(more, { hidden: !this.#hasMore, textContent: this.#label("more") });
      // Whoever was at what is gone is at the entry that has its place, or else at the last one.
      if (had && (had.hidden || !had.isConnected))
        (root.getElementById(had.id) ?? list.children[place] ?? list.lastChild ?? panel).focus();
    }
    #card(item) {
      const { message } = item;
      const tool = (action, sign) => {
        const title = this.#label(action);
        const id = `${item.n_id}-${action === "archive" ? action : "read"}`;
        return button({ id, title, ariaLabel: title, onclick: () => this.#mark(item, action) }, sign);
      };
      const onclick = (event) => this.#follow(event, item);
      const link = safe(message.url);
      const header = plain(message.header);
      const own = { id: `${item.n_id}-head`, className: "head", onclick };
      const head = link ? anchor(link, { ...own, newTab: message.open_in_new_tab }, header) : button(own, header);
      const deed = ({ url, open_in_new_tab: newTab, name }) =>
        safe(url) && anchor(url, { className: "act", newTab, onclick }, plain(name));
      const { text, action_url } = message.subtext ?? {};
      const below = safe(action_url) ? [anchor(action_url, {}, plain(text))] : marked(text);
      const picture = safe(message.avatar?.avatar_url);
      const small = [
        item.is_pinned && this.#label("pinned"), new Date(item.created_on).toLocaleString(),
        item.expiry && item.is_expiry_visible && this.#label("expires", new Date(item.expiry).toLocaleString()),
      ].filter(Boolean);
      const card = make("li", { id: item.n_id, tabIndex: -1, className: item.read_on ? "" : "unread" },
        picture && make("img", { className: "avatar", src: picture, alt: "", referrerPolicy: "no-referrer" }),
        box("main", !item.read_on && make("span", { className: "heard" }, this.#label("unreadMark")),
          (header || link) && head, box("", ...marked(message.text)), text && box("soft", ...below),
          message.actions?.length && box("acts", ...message.actions.slice(0, 2).map(deed)),
          box("soft", small.join(" \u00b7 "))),
        box("tools", item.read_on ? tool("unread", "\u25cf") : tool("read", "\u2713"),
          !item.archived && tool("archive", "\u2715")));
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

  const of = ({ n_id }) => `notifications/${encodeURIComponent(n_id)}`;
  const order = (one, other) => other.is_pinned - one.is_pinned || other.created_on - one.created_on;

  customElements.get("suprsend-inbox") ?? customElements.define("suprsend-inbox", Inbox);
})();

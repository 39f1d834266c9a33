// <suprsend-inbox>: a bell with a person's notifications. docs/inbox.md says how to put it on a page.
(() => {
  const HERE = new URL(document.currentScript?.src ?? location.href).origin;
  const PAGE = 20, MOST_PAGES = 10, SEEN_AFTER = 1000, POLL = 30000, RETRY = 1000, LONGEST_RETRY = 30000;
  const LABELS = {
    bell: "Notifications", badge: (n) => `${n} new`, readAll: "Mark all as read", empty: "Nothing here yet.",
    more: "Show more", read: "Mark as read", unread: "Mark as unread", archive: "Archive", close: "Close",
    failed: "This could not be loaded. It is tried again.", arrived: (text) => `New notification: ${text}`,
    expires: (text) => `Expires ${text}`, pinned: "Pinned", unreadMark: "Unread",
  };

  // What may be followed: pages, and nothing that runs.
  function safe(link) {
    try {
      const { protocol, href } = new URL(link, location.href);
      return link && /^https?:$/.test(protocol) ? href : null;
    } catch { return null; }
  }

  function set(node, properties) {
    for (const [name, value] of Object.entries(properties)) {
      if (name in node) node[name] = value;
      else node.setAttribute(name, value);
    }
  }

  function make(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    set(node, properties);
    node.append(...children.filter(Boolean));
    return node;
  }

  const box = (className, ...children) => make("div", { className }, ...children);

  const button = (properties, ...children) => make("button", { type: "button", ...properties }, ...children);

  const anchor = (link, { newTab, ...properties }, ...children) => make("a", {
    href: safe(link), target: newTab ? "_blank" : "_self", rel: "noopener noreferrer", ...properties,
  }, ...children);

  // Nothing is read of the properties of a drawing: they are attributes, whatever they are called.
  function draw(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const each of Object.entries(attributes)) node.setAttribute(...each);
    node.append(...children);
    return node;
  }

  // Templates write &lt; for what people said; it is text here, so it may be what it was.
  const SIGNS = { lt: "<", gt: ">", amp: "&", quot: '"', nbsp: "\u00a0", "#39": "'", "#x27": "'", "#x60": "\u0060", "#x3D": "=" };
  const plain = (text) => String(text ?? "").replace(/&(#?\w+);/g, (whole, name) => SIGNS[name] ?? whole);

  // **bold**, *italic*, `code`, [link](url) and line breaks; everything else stays as it stands.
  function marked(text) {
    const nodes = [];
    const pattern = /\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\x60([^\x60]+)\x60|\[([^[\]]+)\]\(([^()\s]+)\)|\\?\n/g;
    const source = plain(text);
    let end = 0;
    for (const found of source.matchAll(pattern)) {
      nodes.push(source.slice(end, found.index));
      end = found.index + found[0].length;
      const [, bold, italic, code, name, link] = found;
      if (name) nodes.push(safe(link) ? anchor(link, {}, name) : name);
      else nodes.push(make(bold ? "strong" : italic ? "em" : code ? "code" : "br", {}, bold ?? italic ?? code));
    }
    return [...nodes, source.slice(end)];
  }


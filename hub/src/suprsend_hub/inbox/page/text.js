// <suprsend-inbox>: a bell with a person's notifications. docs/inbox.md says how to put it on a page.
(() => {
  const HERE = document.currentScript ? new URL(document.currentScript.src).origin : location.origin;
  const WRONG_TOKEN = "Authentication Error: wrong auth token";
  const PAGE = 20, MOST_PAGES = 10, SEEN_AFTER = 1000, POLL = 30000, RETRY = 1000, LONGEST_RETRY = 30000;
  const LABELS = {
    bell: "Notifications", badge: (n) => `${n} new`, readAll: "Mark all as read", empty: "Nothing here yet.",
    more: "Show more", read: "Mark as read", unread: "Mark as unread", archive: "Archive", close: "Close",
    failed: "This could not be loaded. It is tried again.", arrived: (text) => `New notification: ${text}`,
    expires: (text) => `Expires ${text}`, pinned: "Pinned", unreadMark: "Unread",
  };
  const STYLE = `
    :host { --accent: #2563eb; --back: #fff; --fore: #1c1e21; --soft: #5b626b; --line: #dfe2e6; --tint: #eef4ff;
      display: inline-block; position: relative; font: 14px/1.45 system-ui, sans-serif; color: var(--fore) }
    :host([hidden]) { display: none }
    @media (prefers-color-scheme: dark) { :host(:not([theme=light])) { --accent: #7aa7ff; --back: #1b1d21;
      --fore: #eceef1; --soft: #a4abb5; --line: #363a41; --tint: #232b3a } }
    :host([theme=dark]) { --accent: #7aa7ff; --back: #1b1d21; --fore: #eceef1; --soft: #a4abb5; --line: #363a41;
      --tint: #232b3a }
    button { font: inherit; color: inherit; background: none; border: 0; border-radius: 6px; padding: 4px 8px;
      cursor: pointer }
    button:hover { background: var(--tint) } :focus-visible { outline: 2px solid var(--accent); outline-offset: 1px }
    .bell { position: relative; padding: 8px; line-height: 0 }
    .badge { position: absolute; top: 0; right: 0; min-width: 18px; border-radius: 9px; padding: 0 4px;
      box-sizing: border-box; background: #d92d20; color: #fff; font-size: 11px; line-height: 18px }
    .panel { position: absolute; right: 0; z-index: 1000; width: min(400px, 92vw); max-height: min(600px, 80vh);
      display: flex; flex-direction: column; background: var(--back); border: 1px solid var(--line);
      border-radius: 10px; box-shadow: 0 8px 28px #0003; overflow: hidden }
    [hidden] { display: none !important }
    header { display: flex; align-items: center; gap: 4px; padding: 10px 12px } h2 { flex: 1; margin: 0; font-size: 16px }
    [role=tablist] { display: flex; gap: 4px; padding: 0 12px; border-bottom: 1px solid var(--line) }
    [role=tab] { border-radius: 0; border-bottom: 2px solid transparent }
    [role=tab][aria-selected=true] { border-color: var(--accent); font-weight: 600 }
    .body { overflow: auto; overscroll-behavior: contain } ul { list-style: none; margin: 0; padding: 0 }
    li { position: relative; display: flex; gap: 10px; padding: 12px 12px 12px 22px; border-bottom: 1px solid var(--line) }
    li.unread { background: var(--tint) }
    li.unread::before { content: ""; position: absolute; left: 8px; top: 18px; width: 8px; height: 8px;
      border-radius: 50%; background: var(--accent) }
    .avatar { width: 36px; height: 36px; border-radius: 50%; object-fit: cover; flex: none }
    .main { flex: 1; min-width: 0; overflow-wrap: anywhere } a { color: var(--accent) }
    .head { display: block; font-weight: 600; color: inherit; text-decoration: none; text-align: start; padding: 0 }
    .soft { color: var(--soft); font-size: 12px } .acts { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 6px }
    .act { border: 1px solid var(--line); border-radius: 6px; padding: 3px 10px; text-decoration: none }
    .tools { display: flex; flex-direction: column } .tools button { padding: 2px 6px }
    .note { padding: 24px; text-align: center; color: var(--soft) } .more { width: 100%; padding: 10px }
    .heard { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
    @media (prefers-reduced-motion: no-preference) { .panel { animation: come .12s } @keyframes come { from { opacity: 0 } } }`;

  // What may be followed: pages, and nothing that runs.
  function safe(link) {
    try {
      const url = new URL(link, location.href);
      return link && ["http:", "https:"].includes(url.protocol) ? url.href : null;
    } catch { return null; }
  }

  function make(tag, properties = {}, ...children) {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name in node && name !== "role") node[name] = value;
      else node.setAttribute(name, value);
    }
    node.append(...children.filter((each) => each !== null && each !== undefined && each !== false));
    return node;
  }

  function anchor(link, properties, ...children) {
    const href = safe(link);
    const target = properties.newTab ? "_blank" : "_self";
    delete properties.newTab;
    return make("a", { href, target, rel: "noopener noreferrer", ...properties }, ...children);
  }

  // Templates write &lt; for what people said; it is text here, so it may be what it was.
  const SIGNS = { lt: "<", gt: ">", amp: "&", quot: '"', nbsp: "\u00a0", "#39": "'", "#x27": "'", "#x60": "`", "#x3D": "=" };
  const plain = (text) => String(text ?? "").replace(/&(#?\w+);/g, (whole, name) => SIGNS[name] ?? whole);

  // **bold**, *italic*, `code`, [link](url) and line breaks; everything else stays as it stands.
  function marked(text) {
    const nodes = [];
    const pattern = /\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|`([^`]+)`|\[([^\]]+)\]\(([^()\s]+)\)|\\?\n/g;
    const source = plain(text);
    let end = 0;
    for (const found of source.matchAll(pattern)) {
      nodes.push(source.slice(end, found.index));
      end = found.index + found[0].length;
      const [, bold, italic, code, name, link] = found;
      if (bold) nodes.push(make("strong", {}, bold));
      else if (italic) nodes.push(make("em", {}, italic));
      else if (code) nodes.push(make("code", {}, code));
      else if (name) nodes.push(safe(link) ? anchor(link, {}, name) : name);
      else nodes.push(make("br"));
    }
    return [...nodes, source.slice(end)];
  }


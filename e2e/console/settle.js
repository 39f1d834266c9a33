// Puts what is another each time into a fixed form, so that a picture changes only when the page does.
() => {
  const START = 9 * 3600 + 30 * 60;
  const clock = (seconds) => [3600, 60, 1].map((unit, at) => Math.floor(seconds / unit) % (at ? 60 : 24))
    .map((each) => String(each).padStart(2, "0")).join(":");
  // Times keep their order and the minutes between them; what comes within a minute comes a second after another.
  const moments = [...document.querySelectorAll("time")].map((each) => Date.parse(each.dateTime));
  const settled = new Map();
  let last = null, at = START;
  for (const each of [...new Set(moments)].sort((one, other) => one - other)) {
    const minutes = last === null ? 0 : Math.round((each - last) / 60000);
    at += last === null ? 0 : minutes > 2 ? minutes * 60 : 1;
    settled.set(each, at);
    last = each;
  }
  for (const each of document.querySelectorAll("time")) {
    if (/\d:\d/.test(each.textContent)) each.textContent = clock(settled.get(Date.parse(each.dateTime)));
  }
  const known = new Map();
  const numbered = (id) => known.get(id) ?? known.set(id, String(known.size + 1).padStart(4, "0")).get(id);
  const rules = [
    [/\b01[0-9A-HJKMNP-TV-Z]{24}\b/g, (id) => `01K8PQ3ZT7XW5M9V4RYD2A${numbered(id)}`],
    [/\b\d+ (s|min)( \d+ s)? ago|just now/g, () => "1 min ago"],
    [/\bin \d+ (s|min|h)( \d+ (s|min))?/g, () => "in 5 min"],
    [/\b\d+(\.\d+)? (ms|s)(?![\w])/g, () => "42 ms"],
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.\d]*)( UTC|Z|\+00:00)?/g, () => "2026-11-26 09:30:00 UTC"],
    [/127\.0\.0\.1:\d+/g, () => "127.0.0.1:8000"],
    // Keys, tokens and the ids of vendors.
    [/\b(?=\w*\d)(?=\w*[a-zA-Z])[\w-]{20,}\b(?![/.])/g, (key) => (/^01K8|^device/.test(key) ? key : `${key.slice(0, 2)}…${numbered(key)}`)],
  ];
  const settle = (text) => rules.reduce((kept, [pattern, by]) => kept.replace(pattern, by), text);
  document.querySelectorAll("input[type=text], input:not([type])").forEach((each) => { each.value = settle(each.value); });
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest("textarea, script")) continue;
    node.data = settle(node.data);
  }
  // The hours below a chart.
  document.querySelectorAll("svg text").forEach((each, index) => {
    if (/^\d\d:\d\d$/.test(each.textContent)) each.textContent = clock(START + index * 300).slice(0, 5);
  });
  document.activeElement?.blur();
}

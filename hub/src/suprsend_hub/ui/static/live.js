// What asks for itself again takes in what is new and leaves the rest alone: rows are known by their keys, texts change in
// their places, and what somebody has opened, focused, marked or scrolled stays so. Nothing is asked in a tab that nobody
// sees.
"use strict";

(() => {
  const keyOf = (node) => node.id || node.dataset?.key;

  const isAlike = (node, wanted) => node?.nodeName === wanted.nodeName && keyOf(node) === keyOf(wanted);

  const takeAttributes = (node, wanted) => {
    for (const { name } of [...node.attributes]) {
      // Whoever reads opens and closes.
      if (name !== "open" && !wanted.hasAttribute(name)) node.removeAttribute(name);
    }
    for (const { name, value } of wanted.attributes) {
      if (name !== "open" && node.getAttribute(name) !== value) node.setAttribute(name, value);
    }
  };

  const takeChildren = (node, wanted) => {
    const children = [...wanted.childNodes];
    const stay = new Set(children.map(keyOf).filter(Boolean));
    let next = node.firstChild;
    const drop = () => {
      const gone = next;
      next = next.nextSibling;
      gone.remove();
    };
    for (const child of children) {
      const key = keyOf(child);
      const known = key ? [...node.children].find((each) => isAlike(each, child)) : isAlike(next, child) ? next : null;
      // What stands before it and is gone makes room, so that nothing that stays has to move.
      while (known && next && next !== known && !stay.has(keyOf(next))) drop();
      if (!known) node.insertBefore(child, next);
      else if (known === next) next = next.nextSibling;
      else node.insertBefore(known, next);
      if (known) become(known, child);
    }
    while (next) drop();
  };

  const become = (node, wanted) => {
    if (node.isEqualNode(wanted)) return;
    if (node.nodeType !== Node.ELEMENT_NODE) {
      node.nodeValue = wanted.nodeValue;
      return;
    }
    takeAttributes(node, wanted);
    takeChildren(node, wanted);
  };

  htmx.defineExtension("keep", {
    isInlineSwap: (style) => style === "keep",
    handleSwap: (style, target, fragment) => {
      const wanted = fragment.firstElementChild;
      if (style !== "keep" || !isAlike(target, wanted)) return false;
      become(target, wanted);
      return [target];
    },
  });

  // What is looked for already is not looked for again, which would be one more step back.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, pathInfo } = event.detail;
    const shown = location.pathname + location.search;
    if (elt.matches("form[hx-push-url]") && pathInfo.finalRequestPath === shown) event.preventDefault();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.matches('[hx-swap="keep"]')) event.preventDefault();
  });
})();

// A double click changes things once, and what a row of links says of where one is stands in sight. Without this file
// pages work all the same.
"use strict";

(() => {
  // What was sent and has not been answered yet: the answer is another page.
  let sent = new WeakSet();
  addEventListener("pageshow", () => {
    sent = new WeakSet();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const staysHere = form.hasAttribute("data-download") || event.submitter?.formTarget;
    if (event.defaultPrevented || staysHere || !form.matches('[method="post"]')) return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
  });

  // Sideways alone: where the page itself stands is up to whoever reads it.
  document.querySelectorAll("nav [aria-current]").forEach((entry) => {
    const nav = entry.closest("nav");
    const [inner, outer] = [entry.getBoundingClientRect(), nav.getBoundingClientRect()];
    nav.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  });
})();

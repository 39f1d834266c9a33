// A double click changes things once, whoever leaves what was not saved is asked first, and what a row of links says of
// where one is stands in sight. Without this file pages work all the same, and nobody is asked.
"use strict";

(() => {
  // What was sent and has not been answered yet: the answer is another page.
  let sent = new WeakSet();
  // The form by which the page is left: it takes along what stands in it, and nothing of other forms.
  let leaving = null;

  // Whoever is back, or has stayed after all, may send the same form later, and other scripts go on.
  function stay() {
    sent = new WeakSet();
    delete document.documentElement.dataset.leaving;
  }

  addEventListener("pageshow", () => {
    stay();
    leaving = null;
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const staysHere = form.hasAttribute("data-download") || event.submitter?.formTarget;
    if (event.defaultPrevented || staysHere) return;
    leaving = form;
    document.documentElement.dataset.leaving = "";
    if (!form.matches('[method="post"]')) return;
    if (sent.has(form)) event.preventDefault();
    sent.add(form);
  });

  // What no button saves, such as the address of a test, is no loss.
  function isChanged(field) {
    if (field.matches("[data-passing] *, :disabled, [type=hidden]")) return false;
    if (field.matches("[type=checkbox], [type=radio]")) return field.checked !== field.defaultChecked;
    if (field.matches("select")) {
      const chosen = [...field.options].findIndex((option) => option.defaultSelected);
      return field.selectedIndex !== Math.max(chosen, 0);
    }
    return field.matches("input, textarea") && field.value !== field.defaultValue;
  }

  // Forms with `data-warn`; one that is "typed" came back from the hub with what is not saved.
  function isLost(form) {
    return form !== leaving && (form.dataset.warn === "typed" || [...form.elements].some(isChanged));
  }

  addEventListener("beforeunload", (event) => {
    if ([...document.querySelectorAll("form[data-warn]")].some(isLost)) {
      event.preventDefault();
      // Browsers of some years ago heed this alone.
      event.returnValue = true;
      stay();
    }
    leaving = null;
  });

  // Sideways alone: where the page itself stands is up to whoever reads it.
  document.querySelectorAll("nav [aria-current]").forEach((entry) => {
    const nav = entry.closest("nav");
    const [inner, outer] = [entry.getBoundingClientRect(), nav.getBoundingClientRect()];
    nav.scrollLeft += inner.left + inner.width / 2 - (outer.left + outer.width / 2);
  });
})();

// The editor of templates: colours code as it is typed, and draws the mail anew after each preview. Without this file
// the page works, with plain lines to write in and a button for the mail.
"use strict";

(() => {
  const TOKENS = /(\{\{!--[\s\S]*?--\}\}|\{\{![\s\S]*?\}\}|<!--[\s\S]*?-->)|(\{\{\{?[\s\S]*?\}\}\}?)|(<\/?[A-Za-z][^\s>{]*|\/?>)|("[^"{}<>]*")/g;
  const KINDS = ["comment", "handlebars", "tag", "text"];

  // Text nodes and spans alone: what was typed is never read as HTML.
  function paint(target, source) {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const found of source.matchAll(TOKENS)) {
      parts.append(source.slice(end, found.index));
      const span = document.createElement("span");
      span.className = `code-${KINDS[found.slice(1).findIndex((group) => group !== undefined)]}`;
      span.textContent = found[0];
      parts.append(span);
      end = found.index + found[0].length;
    }
    // A last line that is empty has no height otherwise.
    parts.append(`${source.slice(end)}\n `);
    target.replaceChildren(parts);
  }

  function dress(area) {
    const frame = document.createElement("div");
    const under = document.createElement("pre");
    frame.className = "code-area";
    under.setAttribute("aria-hidden", "true");
    area.before(frame);
    frame.append(under, area);
    const repaint = () => paint(under, area.value);
    area.addEventListener("input", repaint);
    repaint();
  }

  function draw() {
    const button = document.getElementById("draw");
    if (button) {
      button.hidden = true;
      button.form.requestSubmit(button);
    }
  }

  let width = "desktop";
  document.addEventListener("change", (event) => {
    if (event.target.name === "width") width = event.target.value;
  });
  document.addEventListener("htmx:afterSwap", () => {
    const chosen = document.querySelector(`#preview input[name="width"][value="${width}"]`);
    if (chosen) chosen.checked = true;
    draw();
  });
  document.querySelectorAll("textarea[data-code]").forEach(dress);
  draw();
})();

// What is written as code: colours it as it is typed, draws the mail of a template anew after each preview, and lets
// Enter press the button that stands beside a field. Without this file pages work, with plain lines to write in, a button
// for the mail, and an Enter that saves wherever it is pressed.
"use strict";

(() => {
  // Of each language what is coloured, and the colour of each of its groups.
  const LANGUAGES = {
    template: {
      tokens: /(\{\{!--[\s\S]*?--\}\}|\{\{![\s\S]*?\}\}|<!--[\s\S]*?-->)|(\{\{\{?[\s\S]*?\}\}\}?)|(<\/?[A-Za-z][^\s>{]*|\/?>)|("[^"{}<>]*")/g,
      kinds: ["comment", "handlebars", "tag", "text"],
    },
    json: {
      tokens: /("(?:[^"\\\n]|\\.)*"(?=\s*:))|("(?:[^"\\\n]|\\.)*")|(-?\b\d[\d.eE+-]*\b|\b(?:true|false|null)\b)/g,
      kinds: ["handlebars", "text", "tag"],
    },
  };

  // Text nodes and spans alone: what was typed is never read as HTML.
  function paint(target, source, { tokens, kinds }) {
    const parts = document.createDocumentFragment();
    let end = 0;
    for (const found of source.matchAll(tokens)) {
      parts.append(source.slice(end, found.index));
      const span = document.createElement("span");
      span.className = `code-${kinds[found.slice(1).findIndex((group) => group !== undefined)]}`;
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
    const isFocused = document.activeElement === area;
    area.before(frame);
    frame.append(under, area);
    if (isFocused) area.focus();
    const language = LANGUAGES[area.dataset.code];
    const repaint = () => paint(under, area.value, language);
    area.addEventListener("input", repaint);
    repaint();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("[data-enter] input")) return;
    event.preventDefault();
    event.target.closest("[data-enter]").querySelector("button").click();
  });

  function draw() {
    const button = document.getElementById("draw");
    // A form has one submission at a time: drawing the mail would take back the click that saves it; see forms.js.
    if (button && !document.documentElement.matches("[data-leaving]")) {
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

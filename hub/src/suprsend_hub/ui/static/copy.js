// A button to copy for each example. Without this file, or without https, examples are selected by hand.
"use strict";

if (navigator.clipboard) {
  document.querySelectorAll("pre[data-copy]").forEach((example) => {
    const text = example.textContent;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    });
    example.before(button);
  });
}

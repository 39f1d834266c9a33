// Says so when a change did not reach the hub: the switch already looks as if it had.
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    document.getElementById("unsaved").hidden = false;
    document.getElementById("unsaved").scrollIntoView({ block: "center" });
  });
}

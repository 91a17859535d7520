// A part of the page that loads itself anew does not take away what somebody is writing in an open window: the window says that it has changed, and waits.
export function fresh(htmx) {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    const open = part?.querySelector?.("dialog[open]");
    if (!part?.dataset.changed || !open) return;
    event.detail.shouldSwap = false;
    if (open.querySelector("[data-fresh]")) return;
    open.querySelector(".dialog-head").after(note(part.dataset.changed));
    open.addEventListener("close", () => htmx.trigger(document, "live:reset"), { once: true });
  });
}

function note(words) {
  const box = document.createElement("p");
  box.className = "notice tone-now";
  box.dataset.fresh = "";
  box.setAttribute("role", "status");
  box.textContent = words;
  return box;
}

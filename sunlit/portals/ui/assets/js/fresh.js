// A part of the page that loads itself anew does not take away what somebody is writing in an open window: it says that it has changed, and waits.
export function fresh(htmx) {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    const window = part?.querySelector?.("dialog[open]");
    if (!part?.dataset.changed || !window) return;
    event.detail.shouldSwap = false;
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: part.dataset.changed, tone: "now" } }));
    window.addEventListener("close", () => htmx.trigger(document, "live:reset"), { once: true });
  });
}

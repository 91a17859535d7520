// Forms: the token on every htmx request, no double sending, filters that follow their fields, the first problem in focus.
export function forms(htmx) {
  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token && event.detail.verb !== "get") event.detail.headers["X-CSRFToken"] = token;
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // Refusals come with their own words: show them instead of keeping silent.
    if (event.detail.xhr.status >= 400 && event.detail.xhr.status < 500 && event.detail.serverResponse.trim()) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-filter]");
    if (form && event.target.matches("select, input[type=checkbox], input[type=radio]")) form.requestSubmit();
  });
  htmx.onLoad((root) => {
    const wrong = root.querySelector?.("[data-focus]");
    if (wrong) wrong.focus();
  });
}

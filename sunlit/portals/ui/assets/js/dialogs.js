// Native dialogs: a button names the dialog it opens; a click on the veil closes it. One whose form came back with problems is open at once.
// Their buttons also say what the browser shall do where this script does not run; here the real dialog is better: it keeps the focus inside.
export function dialogs() {
  document.querySelector("dialog:has(.field-wrong)")?.showModal();
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const closer = event.target.closest("[data-closes]");
    if (opener || closer) event.preventDefault();
    if (opener) document.getElementById(opener.dataset.opens)?.showModal();
    if (closer) closer.closest("dialog")?.close();
    if (event.target.matches?.("dialog.dialog") && outside(event)) event.target.close();
  });
}

function outside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

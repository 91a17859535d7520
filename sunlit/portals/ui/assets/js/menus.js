// Open menus close when the reader looks elsewhere; on a narrow screen filters begin folded, those in use excepted.
export function menus() {
  if (matchMedia("(max-width: 60rem)").matches) {
    for (const facet of document.querySelectorAll("details.facet[open]")) facet.open = facet.querySelector("[aria-current]") !== null;
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

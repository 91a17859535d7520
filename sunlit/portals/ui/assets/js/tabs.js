// Tabs by the keyboard as the ARIA practice says; without this script all panels stand below each other.
export function tabs(htmx) {
  htmx.onLoad((root) => {
    const found = [...(root.querySelectorAll?.("[data-tabs]") ?? [])];
    if (root.matches?.("[data-tabs]")) found.push(root);
    found.forEach(prepare);
  });
}

function prepare(box) {
  const list = box.querySelector("[data-tabs-list]");
  if (list.getAttribute("role")) return;
  const links = [...list.querySelectorAll("a")];
  list.setAttribute("role", "tablist");
  for (const link of links) {
    const panel = panelOf(link);
    link.setAttribute("role", "tab");
    link.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.tabIndex = 0;
  }
  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link) return;
    event.preventDefault();
    choose(links, link);
  });
  list.addEventListener("keydown", (event) => walk(event, links));
  choose(links, links.find((link) => link.hash === location.hash) ?? links[0], false);
}

function walk(event, links) {
  const at = links.indexOf(document.activeElement);
  const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
  const backward = forward === "ArrowRight" ? "ArrowLeft" : "ArrowRight";
  const to = { [forward]: at + 1, [backward]: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined || at < 0) return;
  event.preventDefault();
  const link = links[(to + links.length) % links.length];
  choose(links, link);
  link.focus();
}

function choose(links, chosen, remember = true) {
  for (const link of links) {
    const on = link === chosen;
    link.setAttribute("aria-selected", String(on));
    link.tabIndex = on ? 0 : -1;
    panelOf(link).hidden = !on;
  }
  if (remember) history.replaceState(history.state, "", chosen.hash);
  document.dispatchEvent(new CustomEvent("tab:shown", { detail: chosen.hash }));
}

function panelOf(link) {
  return document.getElementById(link.hash.slice(1));
}

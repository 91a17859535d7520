// Light or dark: the reader's choice is kept in this browser.
export function theme() {
  return {
    turn() {
      const root = document.documentElement;
      const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
      const next = (root.dataset.theme ?? system) === "dark" ? "light" : "dark";
      root.dataset.theme = next;
      try {
        localStorage.setItem("theme", next);
      } catch {
        // Without storage the choice lasts as long as the page.
      }
      document.dispatchEvent(new CustomEvent("theme:turned"));
    },
  };
}

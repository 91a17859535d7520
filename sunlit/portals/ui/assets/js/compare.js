// Up to four products to compare, remembered in this browser; the page's boxes and the tray show the same list.
const KEY = "compare";

function read() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

function write(chosen) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(chosen));
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}

export function compareTray() {
  return {
    chosen: [],
    init() {
      this.chosen = read();
      document.addEventListener("change", (event) => this.choose(event.target));
      document.addEventListener("htmx:afterSwap", () => this.draw());
      this.draw();
    },
    choose(box) {
      const id = box.dataset?.compare;
      if (!id) return;
      this.chosen = this.chosen.filter((item) => item.id !== id);
      if (box.checked) this.chosen = [...this.chosen, { id, name: box.dataset.compareName }].slice(-Number(this.$el.dataset.most));
      this.keep();
    },
    remove(id) {
      this.chosen = this.chosen.filter((item) => item.id !== id);
      this.keep();
    },
    clear() {
      this.chosen = [];
      this.keep();
    },
    keep() {
      write(this.chosen);
      this.draw();
    },
    draw() {
      const root = this.$root;
      const address = new URL(root.dataset.href, location.href);
      for (const item of this.chosen) address.searchParams.append("p", item.id);
      this.$refs.go.href = address.href;
      this.$refs.list.replaceChildren(...this.chosen.map((item) => this.line(item, root.dataset.remove)));
      for (const box of document.querySelectorAll("[data-compare]")) box.checked = this.chosen.some((item) => item.id === box.dataset.compare);
      root.hidden = this.chosen.length === 0;
    },
    line(item, remove) {
      const line = document.createElement("li");
      const name = document.createElement("span");
      const button = document.createElement("button");
      name.textContent = item.name;
      button.type = "button";
      button.textContent = "×";
      button.setAttribute("aria-label", `${remove} ${item.name}`);
      button.addEventListener("click", () => this.remove(item.id));
      line.append(name, button);
      return line;
    },
  };
}

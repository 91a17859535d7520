// The names of the chosen files, and small previews of pictures. The whole frame takes files, and says so in the language of the page;
// without this script the browser's own button stands there.
const MOST_SHOWN = 8;

export function filePicker() {
  return {
    addresses: [],
    init() {
      this.$root.classList.add("file-ready");
    },
    show(event) {
      this.addresses.forEach((address) => URL.revokeObjectURL(address));
      this.addresses = [];
      const files = [...event.target.files];
      const lines = files.slice(0, MOST_SHOWN).map((file) => this.line(file));
      if (files.length > MOST_SHOWN) lines.push(text("li", `+ ${files.length - MOST_SHOWN} ${this.$refs.list.dataset.tooMany}`));
      this.$refs.list.replaceChildren(...lines);
    },
    line(file) {
      const line = text("li", "");
      if (file.type.startsWith("image/")) line.append(this.preview(file));
      line.append(text("span", `${file.name} · ${size(file.size)}`));
      return line;
    },
    preview(file) {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(file);
      picture.alt = "";
      this.addresses.push(picture.src);
      return picture;
    },
  };
}

function text(tag, words) {
  const element = document.createElement(tag);
  element.textContent = words;
  return element;
}

function size(bytes) {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

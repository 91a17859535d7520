// Lines to choose from: boxes that choose all (or all of one group), and the sum of what is chosen. Without this script every line has its box all the same.
export function choices(htmx) {
  htmx.onLoad((root) => {
    const found = [...(root.querySelectorAll?.("[data-choices]") ?? [])];
    if (root.matches?.("[data-choices]")) found.push(root);
    found.forEach(prepare);
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    const area = box.closest?.("[data-choices]");
    if (!area || !("all" in box.dataset || "choice" in box.dataset)) return;
    const meant = "all" in box.dataset ? lines(area, box.dataset.all).filter((line) => line.checked || !wrong(line)) : [box];
    for (const line of meant) {
      line.checked = box.checked;
      chosen.set(line.id, line.checked);
    }
    tell(area);
  });
}

const chosen = new Map(); // what the reader chose stays so when the lines are drawn anew

function prepare(area) {
  area.dataset.liveChoices = "";
  for (const label of area.querySelectorAll("label[hidden]:has([data-all])")) label.hidden = false;
  for (const line of lines(area)) if (chosen.has(line.id)) line.checked = chosen.get(line.id);
  tell(area);
}

function tell(area) {
  const all = lines(area);
  const ticked = all.filter((line) => line.checked);
  for (const box of area.querySelectorAll("[data-all]")) {
    const mine = lines(area, box.dataset.all).filter((line) => line.checked || !wrong(line));
    const count = mine.filter((line) => line.checked).length;
    box.checked = mine.length > 0 && count === mine.length;
    box.indeterminate = count > 0 && count < mine.length;
  }
  const label = area.querySelector("[data-chosen-label]");
  if (!label) return;
  label.textContent = label.dataset.chosenLabel.replace("{count}", ticked.length).replace("{all}", all.length);
  const fen = ticked.reduce((sum, line) => sum + Math.round(Number(line.dataset.amount) * 100), 0);
  area.querySelector("[data-chosen-sum]").textContent = (fen / 100).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function lines(area, group = "") {
  return [...area.querySelectorAll("[data-choice]")].filter((line) => !group || line.dataset.choice === group);
}

function wrong(line) {
  return line.closest(".cart-line-wrong") !== null;
}

// Forms made from templates: rows that come and go, and fields that are asked only after certain answers.
// Without this script every field stands there, and one more row comes by a button that posts.
const MARK = /__n__/g;

export function rows() {
  return {
    init() {
      this.next = Number(this.$root.dataset.next);
      for (const button of this.$root.querySelectorAll(".filling-remove")) button.hidden = false;
    },
    add() {
      const list = this.$refs.list;
      if (list.children.length >= Number(this.$root.dataset.most)) return;
      list.insertAdjacentHTML("beforeend", this.$refs.pattern.innerHTML.replace(MARK, this.next));
      this.next += 1;
      const row = list.lastElementChild;
      row.querySelector(".filling-remove").hidden = false;
      row.querySelector("input, select, textarea").focus();
      ask(row);
    },
    remove(event) {
      const row = event.target.closest("[data-row]");
      const near = row.nextElementSibling ?? row.previousElementSibling;
      row.remove();
      (near ?? this.$root).querySelector("input, select, textarea, button")?.focus();
    },
  };
}

export function conditions(htmx) {
  htmx.onLoad((root) => ask(root));
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form) ask(form);
  });
}

// data-when="how=third|sample;ip=yes": all must hold. What is not asked is not sent.
function ask(root) {
  for (const box of root.querySelectorAll?.("[data-when]") ?? []) {
    const holds = box.dataset.when.split(";").every((one) => holdsIn(box.closest("form"), one));
    box.hidden = !holds;
    for (const control of box.querySelectorAll("input, select, textarea")) control.disabled = !holds;
  }
}

function holdsIn(form, condition) {
  const [name, among] = condition.split("=");
  const wanted = among.split("|");
  return [...(form?.elements ?? [])].some((each) => each.name === name && !each.disabled && wanted.includes(each.value) && (!["checkbox", "radio"].includes(each.type) || each.checked));
}

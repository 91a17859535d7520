// The search field with its list of suggestions, as the ARIA practice of a combobox says: the arrows walk, Enter follows, Escape closes.
// Without this script the form just searches.
const FIELD = 'input[role="combobox"]';

export function combobox() {
  document.addEventListener("htmx:afterSettle", (event) => {
    const field = document.querySelector(`${FIELD}[aria-controls="${event.detail.target.id}"]`);
    if (field) show(field, field === document.activeElement);
  });
  document.addEventListener("keydown", (event) => {
    if (event.target.matches?.(FIELD) && !event.isComposing) walk(event, event.target);
  });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches?.(FIELD)) show(event.target, true);
  });
  document.addEventListener("click", (event) => {
    for (const field of document.querySelectorAll(FIELD)) if (!field.form.contains(event.target)) show(field, false);
  });
  document.addEventListener("focusout", (event) => {
    // A click on a suggestion gives no focus to anything else: only leaving by the keyboard closes.
    if (event.target.matches?.(FIELD) && event.relatedTarget && !listOf(event.target).contains(event.relatedTarget)) show(event.target, false);
  });
}

function walk(event, field) {
  const options = optionsOf(field);
  const open = field.getAttribute("aria-expanded") === "true";
  const at = options.findIndex((option) => option.id === field.getAttribute("aria-activedescendant"));
  if (event.key === "Escape" && open) show(field, false);
  else if (event.key === "Enter" && open && at >= 0) options[at].click();
  else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
    const step = event.key === "ArrowDown" ? 1 : -1;
    const around = options.length + 1; // the field itself is one of the places
    show(field, true);
    choose(field, options[((at + 1 + step + around) % around) - 1]);
  } else return;
  event.preventDefault();
}

function show(field, wanted) {
  const list = listOf(field);
  const open = wanted && optionsOf(field).length > 0;
  list.hidden = !open;
  field.setAttribute("aria-expanded", String(open));
  choose(field, undefined);
}

function choose(field, chosen) {
  optionsOf(field).forEach((option, place) => {
    option.id ||= `${field.id}-option-${place}`;
    option.setAttribute("aria-selected", String(option === chosen));
  });
  if (chosen) field.setAttribute("aria-activedescendant", chosen.id);
  else field.removeAttribute("aria-activedescendant");
  chosen?.scrollIntoView({ block: "nearest" });
}

function listOf(field) {
  return document.getElementById(field.getAttribute("aria-controls"));
}

function optionsOf(field) {
  return [...listOf(field).querySelectorAll('[role="option"]')];
}

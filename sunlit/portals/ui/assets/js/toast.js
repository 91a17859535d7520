// Short messages: those of the page go by themselves, refusals stay until closed. Answers may carry more in the header HX-Trigger: {"toast": {"text": …, "tone": …}}.
const STAYS = 6000;

export function toast() {
  return {
    init() {
      if (!this.$el.classList.contains("tone-bad")) setTimeout(() => this.close(), STAYS);
    },
    close() {
      this.$root.remove();
    },
  };
}

export function toasts() {
  document.addEventListener("toast", (event) => show(event.detail.text, event.detail.tone ?? "done"));
}

const MARKS = { rest: "dot", wait: "ring", now: "sun", go: "disc", done: "check", bad: "cross" };

function show(text, tone) {
  const box = document.createElement("div");
  const mark = document.createElement("span");
  const words = document.createElement("p");
  box.className = `toast tone-${tone}`;
  box.setAttribute("role", "status");
  box.setAttribute("x-data", "toast");
  mark.className = `mark mark-${MARKS[tone] ?? "dot"}`;
  words.textContent = text;
  box.append(mark, words);
  document.getElementById("toasts").append(box);
}

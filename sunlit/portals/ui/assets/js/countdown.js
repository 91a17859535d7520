// Deadlines count down. The server's clock counts, not the reader's: `data-now` is when the page was made.
const MINUTE = 60_000;
const SOON = 24 * 60 * MINUTE;

export function countdown() {
  return {
    timer: 0,
    init() {
      const began = performance.now();
      const until = Date.parse(this.$el.dataset.until) - Date.parse(this.$el.dataset.now);
      const tick = () => this.show(until - (performance.now() - began));
      tick();
      this.timer = setInterval(tick, until < 2 * 60 * MINUTE ? 1000 : MINUTE / 2);
    },
    destroy() {
      clearInterval(this.timer);
    },
    show(rest) {
      const state = rest <= 0 ? "past" : rest < SOON ? "soon" : "calm";
      for (const name of ["calm", "soon", "past"]) this.$root.classList.toggle(`deadline-${name}`, name === state);
      this.$refs.left.textContent = sentence(rest);
    },
  };
}

// As filters.left and filters.duration write it; seconds in the last two hours.
const WORDS = {
  zh: { day: ["天", "天"], hour: ["小时", "小时"], minute: ["分钟", "分钟"], second: ["秒", "秒"], left: "剩 {}", overdue: "逾期 {}" },
  "zh-hant": { day: ["天", "天"], hour: ["小時", "小時"], minute: ["分鐘", "分鐘"], second: ["秒", "秒"], left: "剩 {}", overdue: "逾期 {}" },
  en: { day: ["day", "days"], hour: ["hour", "hours"], minute: ["minute", "minutes"], second: ["second", "seconds"], left: "{} left", overdue: "{} overdue" },
};

function sentence(rest) {
  const language = document.documentElement.lang;
  const words = WORDS[language] ?? WORDS[language.split("-")[0]] ?? WORDS.en;
  return words[rest > 0 ? "left" : "overdue"].replace("{}", span(Math.abs(rest), words));
}

// The two largest units.
function span(rest, words) {
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return pair(Math.floor(hours / 24), words.day, hours % 24, words.hour);
  if (hours >= 1) return pair(hours, words.hour, minutes % 60, words.minute);
  return pair(minutes, words.minute, seconds % 60, words.second);
}

function pair(first, firstWords, second, secondWords) {
  const parts = first ? [unit(first, firstWords)] : [];
  if (second || !first) parts.push(unit(second, secondWords));
  return parts.join(" ");
}

function unit(count, [one, many]) {
  return `${count} ${count === 1 ? one : many}`;
}

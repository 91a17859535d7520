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

function sentence(rest) {
  const text = span(Math.abs(rest));
  if (document.documentElement.lang.startsWith("zh")) return rest > 0 ? `剩 ${text}` : `${late()} ${text}`;
  return rest > 0 ? `${text} left` : `${text} overdue`;
}

function late() {
  return document.documentElement.lang === "zh-hant" ? "逾期" : "逾期";
}

// The two largest units, as filters.duration writes them; seconds in the last two hours.
function span(rest) {
  const seconds = Math.floor(rest / 1000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return pair(Math.floor(hours / 24), "day", hours % 24, "hour");
  if (hours >= 2) return pair(hours, "hour", minutes % 60, "minute");
  if (hours >= 1) return pair(hours, "hour", minutes % 60, "minute");
  return pair(minutes, "minute", seconds % 60, "second");
}

function pair(first, firstUnit, second, secondUnit) {
  const parts = first ? [unit(first, firstUnit)] : [];
  if (second || !first) parts.push(unit(second, secondUnit));
  return parts.join(" ");
}

function unit(count, name) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: name, unitDisplay: "long" }).format(count);
}

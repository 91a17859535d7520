// Live events: one stream a page, from the address in <meta name="live-url">. An act `order.confirm` becomes three DOM events on the document,
// live:act, live:order and live:order.confirm, so that htmx can answer: hx-trigger="live:order from:document". After a break the stream goes on
// behind the last act seen; when too much was missed, live:reset is told (and the page's fragments load themselves anew).
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 60_000;

export function live() {
  const address = document.querySelector('meta[name="live-url"]')?.content;
  if (address) listen(new URL(address, location.href), FIRST_PAUSE);
}

function listen(address, pause) {
  const source = new EventSource(address);
  let wait = pause;
  const remember = (event) => event.lastEventId && address.searchParams.set("after", event.lastEventId);
  source.onopen = () => {
    wait = FIRST_PAUSE;
    document.documentElement.dataset.live = "on";
  };
  source.onmessage = (event) => {
    remember(event);
    tell(JSON.parse(event.data));
  };
  source.addEventListener("here", remember);
  source.addEventListener("reset", (event) => {
    remember(event);
    dispatch("reset", {});
  });
  source.onerror = () => {
    document.documentElement.dataset.live = "off";
    if (source.readyState !== EventSource.CLOSED) return; // the browser is already trying again
    setTimeout(() => listen(address, Math.min(wait * 2, LONGEST_PAUSE)), wait * (0.75 + Math.random() / 2));
  };
  window.addEventListener("pagehide", () => source.close(), { once: true });
}

function tell(act) {
  dispatch("act", act);
  dispatch(act.act.split(".")[0], act);
  dispatch(act.act, act);
}

function dispatch(name, detail) {
  document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
}

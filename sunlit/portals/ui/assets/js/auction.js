// The room of a reverse auction. The page tells how it stood; the stream tells everything since, each event once, and goes on behind the last one
// after a break. The server's clock is the law: its offset to the reader's clock is measured and shown. Bids are sent with a key of their own, so
// that one which is sent again after a broken connection counts once.
const RETRY = 1500;
const TRIES = 6;
const LOG_ROWS = 300;
const FAR = 0.9; // of the next price: below it the bidder is asked again
const URGENT = 60_000;
const TURNS = new Set(["pause", "resume", "ended", "failed", "awarded", "void", "withdraw"]);

export function auction() {
  const box = document.querySelector("[data-auction]");
  if (box) new Room(box).start();
}

class Room {
  constructor(box) {
    this.box = box;
    this.told = JSON.parse(document.getElementById(box.dataset.source).textContent);
    this.words = this.told.words;
    this.fields = Object.fromEntries([...document.querySelectorAll("[data-field]")].map((each) => [each.dataset.field, each]));
    this.form = document.querySelector("[data-auction-bid]");
    this.offset = Date.parse(this.told.now) - Date.now();
    this.measured = -Infinity;
    this.after = this.told.after;
    this.chart = document.getElementById("auction-chart");
    this.sound = document.querySelector("[data-auction-sound]");
  }

  start() {
    this.tick();
    setInterval(() => this.tick(), 200);
    if (this.form) this.prepare();
    if (this.told.follow) this.listen();
  }

  now() {
    return Date.now() + this.offset;
  }

  set(field, text) {
    const element = this.fields[field];
    if (!element || element.textContent === text) return;
    element.textContent = text;
    if (field === "clock" || field === "server-time") return;
    element.classList.remove("auction-fresh");
    void element.offsetWidth;
    element.classList.add("auction-fresh");
  }

  // The clock

  tick() {
    const now = this.now();
    const starts = Date.parse(this.told.starts_at);
    const ends = Date.parse(this.told.ends_at);
    if (this.told.running && this.fields.clock) {
      const turn = this.told.turns && now >= starts && now < ends ? this.turn(now) : null;
      const rest = (now < starts ? starts : (turn?.until ?? ends)) - now;
      const label = now < starts ? this.words.starts : rest <= 0 ? this.words.settling : turn ? this.speaks(turn) : this.words.ends;
      if (this.fields["clock-label"].textContent !== label) this.fields["clock-label"].textContent = label;
      this.set("clock", rest > 0 ? span(rest) : "0:00");
      this.box.toggleAttribute("data-urgent", now >= starts && rest > 0 && rest < URGENT);
      const open = now >= starts && rest > 0 && (!turn || turn.bidder === this.told.mask);
      if (turn) this.point(turn);
      if (this.fields.go && !this.busy) this.fields.go.disabled = !open;
    }
    const off = (this.offset / 1000).toFixed(1);
    this.set("server-time", this.words.clock.replace("{time}", time(now)).replace("{offset}", off === "-0.0" ? "0.0" : off));
  }

  measure(at) {
    const seen = Date.parse(at) - Date.now(); // the later it came, the smaller: the largest is the nearest to the truth
    if (seen > this.measured) this.offset = this.measured = seen;
  }

  // Turns: the timetable is reckoned here as the server reckons it; each bid tells the order of the rounds that are still to come.

  turn(now) {
    const { begins, opening, turn, pause, count, orders } = this.told.turns;
    const first = Date.parse(begins) + opening;
    if (now < first) return { round: 1, bidder: null, until: first };
    const whole = count * turn + pause;
    const done = Math.floor((now - first) / whole);
    const place = Math.floor((now - first - done * whole) / turn);
    if (place >= count) return { round: done + 2, bidder: null, until: first + (done + 1) * whole };
    return { round: done + 1, place, bidder: orders[done + 1][place], until: first + done * whole + (place + 1) * turn };
  }

  speaks({ round, bidder }) {
    const text = bidder === null ? this.words.between : bidder === this.told.mask ? this.words.yours : this.words.speaks;
    return text.replace("{round}", round).replace("{bidder}", bidder);
  }

  point({ round, place }) {
    const key = `${round}-${place}`;
    if (this.pointed === key) return;
    this.pointed = key;
    this.box.toggleAttribute("data-your-turn", this.told.mask !== null && this.told.turns.orders[round][place] === this.told.mask);
    for (const each of document.querySelectorAll("[data-turn]")) {
      if (each.dataset.turn === key) each.setAttribute("aria-current", "step");
      else each.removeAttribute("aria-current");
    }
  }

  reorder(event) {
    const { orders, rounds } = this.told.turns;
    for (let round = event.round + 1; round <= rounds; round += 1) {
      orders[round] = event.order;
      event.order.forEach((mask, place) => {
        const who = document.querySelector(`[data-turn="${round}-${place}"] [data-who]`);
        if (!who) return;
        who.textContent = `${this.words.bidder} ${mask}`;
        who.classList.toggle("auction-you", mask === this.told.mask);
      });
    }
  }

  // The stream

  listen() {
    const address = new URL(this.told.url, location.href);
    address.searchParams.set("after", this.after);
    const source = new EventSource(address);
    source.onopen = () => this.connected(true);
    source.addEventListener("clock", (event) => this.measure(event.data));
    source.onmessage = (event) => {
      this.connected(true);
      this.hear(JSON.parse(event.data));
    };
    source.onerror = () => {
      this.connected(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.listen(), RETRY * (0.75 + Math.random() / 2));
    };
    window.addEventListener("pagehide", () => source.close(), { once: true });
  }

  connected(on) {
    this.fields.dot?.toggleAttribute("data-on", on);
    const word = on ? this.words.on : this.words.off;
    if (this.fields.connection && this.fields.connection.textContent !== word) this.fields.connection.textContent = word;
    this.box.dataset.live = on ? "on" : "off";
  }

  hear(event) {
    if (event.index <= this.after) return;
    this.after = event.index;
    if (TURNS.has(event.kind)) {
      setTimeout(() => location.reload(), 300 + Math.random() * 1500); // a thousand watchers do not come back at once
      return;
    }
    if (event.kind === "bidders") this.set("bidders", String(event.bidders));
    if (event.kind === "bids") this.bids(event);
  }

  // The bids that were taken together, in their order; those of the reader's own are told once more, with what only their bidder may know.
  bids(event) {
    const told = this.told;
    const was = told.rank;
    const mine = new Map((event.mine ?? []).map((bid) => [bid.place, { ...bid, own: true }]));
    const made = columns(event).map((bid) => ({ ...bid, ...mine.get(bid.place) }));
    const own = made.findLast((bid) => bid.own);
    told.ends_at = event.ends_at;
    told.bids = Math.max(told.bids, made.at(-1).place);
    this.set("bids", told.bids.toLocaleString("en"));
    if (event.low) {
      told.low = event.low;
      this.set("low", yuan(event.low));
    }
    if (own) {
      told.mine = own.price;
      this.set("mine", yuan(own.price));
    }
    if (event.rank) {
      told.rank = event.rank;
      this.set("rank", String(event.rank));
      this.fields.rank?.closest(".stat").toggleAttribute("data-first", event.rank === 1);
    }
    if (event.extensions !== told.extensions) this.extended(event);
    if (told.turns && event.order) this.reorder(event);
    this.rows(made);
    this.steps(made, event.ends_at);
    this.follow(event, made.find((bid) => bid.place === event.leads), was === 1 || Boolean(own));
  }

  extended(event) {
    this.told.extensions = event.extensions;
    this.set("extensions-count", String(event.extensions));
    if (this.fields.extensions) this.fields.extensions.hidden = false;
    this.set("ends-at", time(Date.parse(event.ends_at)));
    this.box.toggleAttribute("data-extended", true);
    setTimeout(() => this.box.toggleAttribute("data-extended", false), 4000);
  }

  rows(made) {
    const log = this.fields.log;
    if (!log) return;
    for (const bid of made.slice(-LOG_ROWS)) log.prepend(this.row(bid));
    while (log.children.length > LOG_ROWS) log.lastElementChild.remove();
    if (this.fields["no-bids"]) this.fields["no-bids"].hidden = true;
  }

  row(bid) {
    const line = document.createElement("tr");
    if (bid.own) line.className = "auction-own";
    const who = bid.own ? this.words.you : bid.bidder ? `${this.words.bidder} ${bid.bidder}` : "—";
    cell(line, String(bid.place), "number figures");
    cell(line, time(Date.parse(bid.at), true), "figures nowrap");
    const by = cell(line, who, "");
    if (bid.by_floor) {
      const note = document.createElement("span");
      note.className = "faint small";
      note.textContent = ` ${this.words.automatic}`;
      by.append(note);
    }
    cell(line, bid.price ? yuan(bid.price) : this.words.hidden, "number figures");
    return line;
  }

  steps(made, end) {
    const seen = made.filter((bid) => bid.price);
    if (!this.chart || !seen.length) return;
    const data = JSON.parse(this.chart.textContent);
    data.points.push(...seen.map((bid) => [bid.at, bid.price, bid.bidder ?? null]));
    data.to = end;
    this.chart.textContent = JSON.stringify(data);
    document.dispatchEvent(new CustomEvent("chart:changed"));
  }

  // Bidding

  prepare() {
    const input = this.form.elements.price;
    this.typed = false;
    input.addEventListener("input", () => {
      this.typed = true;
      this.sure = "";
      this.sum();
    });
    for (const button of this.form.querySelectorAll("[data-lower]")) {
      button.addEventListener("click", () => {
        const step = fen(this.told.step) * Number(button.dataset.lower);
        input.value = plain(Math.max(fen(this.told.next ?? this.told.cap) - step, 1));
        this.typed = Number(button.dataset.lower) > 0;
        this.sure = "";
        this.sum();
      });
    }
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.sum();
  }

  // The next price moves on; what was typed stays as long as it can still be bid.
  follow(event, first, led) {
    if (this.told.beats === "lowest" && event.next) this.told.next = event.next;
    if (event.own_next) this.told.next = event.own_next;
    if (this.fields.next && this.told.next) this.set("next", yuan(this.told.next));
    if (!this.form) return;
    const input = this.form.elements.price;
    const typed = fen(input.value);
    if (!this.typed || !(typed <= fen(this.told.next))) {
      input.value = this.told.next;
      this.typed = false;
      this.sure = "";
    }
    this.sum();
    if (first && !first.own && this.told.mine && (led || this.told.beats === "lowest")) {
      this.answer(this.words.outbid.replace("{price}", first.price ? yuan(first.price) : this.words.hidden), "now", "outbid");
      this.beep();
    }
  }

  sum() {
    const price = fen(this.form.elements.price.value);
    const known = Number.isFinite(price) && price > 0;
    this.fields.go.textContent = known ? this.words.bid.replace("{price}", yuan(plain(price))) : this.words.bid.replace("{price}", "");
    if (this.fields.sum) this.fields.sum.textContent = known ? this.words.sum.replace("{sum}", yuan(plain(price * this.told.quantity))).replace("{quantity}", this.told.quantity) : "";
  }

  async send() {
    const input = this.form.elements.price;
    const price = input.value.trim();
    if (fen(price) < fen(this.told.next ?? this.told.cap) * FAR && this.sure !== price) {
      this.sure = price;
      this.answer(this.words.sure.replace("{price}", yuan(price)), "now", "sure");
      return;
    }
    this.busy = this.fields.go.disabled = true;
    this.answer(this.words.sending, "");
    const body = new FormData(this.form);
    body.set("key", key());
    try {
      await this.post(body, 0);
    } finally {
      this.busy = false;
      this.typed = false;
      this.sure = "";
      this.tick();
    }
  }

  async post(body, tries) {
    let response;
    let told;
    try {
      response = await this.sent(body, tries);
      told = await response.json();
      if (!response.ok && !told.problems?.length) throw new Error(`answered ${response.status}`);
    } catch {
      if (tries >= TRIES) {
        this.answer(this.words.off, "bad");
        return;
      }
      this.answer(this.words.again, "now");
      await new Promise((resolve) => setTimeout(resolve, RETRY));
      await this.post(body, tries + 1);
      return;
    }
    if (response.ok) {
      this.answer(this.words.accepted.replace("{place}", told.place).replace("{price}", yuan(told.price)), "done", "accepted");
      return;
    }
    this.answer(told.problems.map((problem) => `${problem.message} ${problem.code}`).join(" "), "bad");
  }

  // First to the bid desk, then in turn to the page's own form: one of the two processes may be away.
  sent(body, tries) {
    if (this.told.bid_url && tries % 2 === 0) {
      const asked = { pass: this.told.bid_pass, price: body.get("price"), key: body.get("key") };
      return fetch(this.told.bid_url, { method: "POST", body: JSON.stringify(asked), headers: { "Content-Type": "text/plain" }, credentials: "omit" });
    }
    return fetch(this.form.action, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin" });
  }

  answer(text, tone, said = "") {
    if (!this.fields.answer) return;
    this.fields.answer.textContent = text;
    this.fields.answer.dataset.said = said;
    this.fields.answer.dataset.tone = tone;
  }

  beep() {
    if (!this.sound?.checked) return;
    const context = new AudioContext();
    const tone = context.createOscillator();
    const level = context.createGain();
    tone.frequency.value = 660;
    level.gain.setValueAtTime(0.08, context.currentTime);
    level.gain.exponentialRampToValueAtTime(0.001, context.currentTime + 0.35);
    tone.connect(level).connect(context.destination);
    tone.start();
    tone.stop(context.currentTime + 0.35);
    tone.onended = () => context.close();
  }
}

// The bids of an event one by one; the event tells them as columns.
function columns({ at, first, ago, prices, by, floors }) {
  const end = Date.parse(at);
  return ago.map((ms, n) => ({
    place: first + n,
    at: new Date(end - ms).toISOString(),
    price: prices?.[n],
    bidder: by?.[n],
    by_floor: floors?.includes(first + n),
  }));
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((each) => each.toString(16).padStart(2, "0")).join("");
}

function fen(text) {
  const found = /^\s*[¥￥]?\s*(\d[\d,]*)(?:\.(\d{1,2}))?\s*$/.exec(String(text));
  return found ? Number(found[1].replaceAll(",", "")) * 100 + Number((found[2] ?? "0").padEnd(2, "0")) : NaN;
}

function plain(amount) {
  return `${Math.floor(amount / 100)}.${String(amount % 100).padStart(2, "0")}`;
}

function yuan(text) {
  const [whole, part] = plain(fen(text)).split(".");
  return `¥${Number(whole).toLocaleString("en")}.${part}`;
}

function span(rest) {
  const seconds = Math.floor(rest / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const last = String(seconds % 60).padStart(2, "0");
  if (hours >= 48) return `${counted(Math.floor(hours / 24), "day")} ${counted(hours % 24, "hour")}`;
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${last}` : `${minutes}:${last}`;
}

function counted(count, unit) {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit, unitDisplay: "short" }).format(count);
}

function time(at, exact = false) {
  const parts = { timeZone: "Asia/Shanghai", hour12: false, hour: "2-digit", minute: "2-digit", second: "2-digit" };
  const told = new Intl.DateTimeFormat("en-GB", parts).format(at);
  return exact ? `${told}.${String(at % 1000).padStart(3, "0")}` : told;
}

function cell(line, text, name) {
  const made = line.insertCell();
  made.className = name;
  made.textContent = text;
  return made;
}

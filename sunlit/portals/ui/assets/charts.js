// Charts: loaded only by pages that set `charts`. Each reads its JSON block and draws itself in the colours of the page.
import { BarChart, LineChart, PieChart, ScatterChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent } from "echarts/components";
import * as echarts from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";

echarts.use([AriaComponent, BarChart, CanvasRenderer, GridComponent, LegendComponent, LineChart, MarkLineComponent, PieChart, ScatterChart, TooltipComponent]);

const drawn = new Map();

function draw(box) {
  const data = JSON.parse(document.getElementById(box.dataset.source).textContent);
  const chart = drawn.get(box) ?? echarts.init(box, null, { renderer: "canvas" });
  drawn.set(box, chart);
  chart.setOption(({ share, dots, waterfall, stairs }[box.dataset.chart] ?? axes)(data, box.dataset.chart, colours()), true);
}

function colours() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  return { ink: read("ink"), soft: read("ink-soft"), hair: read("hair"), strong: read("hair-strong"), sheet: read("sheet"), paper: read("paper"), font: getComputedStyle(document.body).fontFamily, row: [read("action"), read("gold"), read("ink-faint"), read("done"), read("bad"), read("hair-strong")] };
}

const calm = matchMedia("(prefers-reduced-motion: reduce)");

function common(colour, number) {
  return {
    color: colour.row,
    animation: !calm.matches,
    animationDuration: 300,
    textStyle: { fontFamily: colour.font, color: colour.soft },
    // Rich text, not HTML: the page forbids inline styles.
    tooltip: { renderMode: "richText", trigger: "axis", backgroundColor: colour.sheet, borderColor: colour.strong, borderWidth: 1, textStyle: { color: colour.ink, fontSize: 13 }, valueFormatter: number },
  };
}

// kind: line, step (prices that hold until changed), bar (upright), bars (lying, for long names).
function axes(data, kind, colour) {
  const number = format(data.unit);
  const label = { color: colour.soft, fontSize: 12 };
  const category = { type: "category", data: data.labels, axisLine: { lineStyle: { color: colour.strong } }, axisTick: { show: false }, axisLabel: { ...label, hideOverlap: true }, boundaryGap: kind.startsWith("bar"), inverse: kind === "bars" };
  const value = { type: "value", splitLine: { lineStyle: { color: colour.hair } }, axisLabel: { ...label, formatter: short }, scale: kind === "line" || kind === "step", splitNumber: 4, boundaryGap: kind === "line" || kind === "step" ? ["10%", "14%"] : [0, 0] };
  const many = data.series.length > 1;
  return {
    ...common(colour, number),
    grid: { left: 4, right: 12, top: many ? 36 : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: many ? { type: "scroll", top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: colour.soft } } : undefined,
    xAxis: kind === "bars" ? value : category,
    yAxis: kind === "bars" ? category : value,
    series: data.series.map((line) => ({ name: line.name, data: line.values, ...look(kind), ...marks(data, colour) })),
  };
}

function look(kind) {
  if (kind.startsWith("bar")) return { type: "bar", barMaxWidth: 22, itemStyle: { borderRadius: 2 } };
  return { type: "line", step: kind === "step" ? "end" : false, symbol: "circle", symbolSize: 5, showSymbol: kind !== "step", lineStyle: { width: 2 } };
}

// A level to compare with, such as the reference price: data.level = {name, value}.
function marks(data, colour) {
  if (!data.level) return {};
  return { markLine: { silent: true, symbol: "none", lineStyle: { color: colour.row[4], type: "dashed", width: 1 }, label: { formatter: data.level.name, color: colour.row[4], position: "insideStartTop" }, data: [{ yAxis: data.level.value }] } };
}

function share(data, _kind, colour) {
  const number = format(data.unit);
  const look = common(colour, number);
  const parts = data.labels.map((name, at) => ({ name, value: data.series[0].values[at] }));
  return {
    ...look,
    tooltip: { ...look.tooltip, trigger: "item" },
    series: [{ type: "pie", radius: ["52%", "78%"], data: parts, itemStyle: { borderColor: colour.paper, borderWidth: 2 }, label: { color: colour.soft, formatter: "{b} {d}%" } }],
  };
}

// From a whole down to what is left: the first and the last value stand on the ground, those between are steps down from what was left before.
function waterfall(data, _kind, colour) {
  const number = format(data.unit);
  const look = common(colour, number);
  const values = data.series[0].values.map(Number);
  const steps = values.map((value, at) => ({ value: Math.abs(value), itemStyle: { color: at === 0 ? colour.row[2] : at === values.length - 1 ? colour.row[3] : colour.row[at === values.length - 2 ? 0 : 1] } }));
  let left = 0;
  const ground = values.map((value, at) => {
    if (at === 0 || at === values.length - 1) return (left = value, 0);
    left += value;
    return left;
  });
  const label = { color: colour.soft, fontSize: 12 };
  return {
    ...look,
    tooltip: { ...look.tooltip, trigger: "item", formatter: (bar) => `${bar.name} ${number(Math.abs(values[bar.dataIndex]))}` },
    grid: { left: 4, right: 12, top: 20, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "category", data: data.labels, axisLine: { lineStyle: { color: colour.strong } }, axisTick: { show: false }, axisLabel: label },
    yAxis: { type: "value", splitLine: { lineStyle: { color: colour.hair } }, axisLabel: { ...label, formatter: short }, splitNumber: 4 },
    series: [
      { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: ground },
      { type: "bar", stack: "all", barMaxWidth: 56, data: steps, label: { show: true, position: "top", color: colour.soft, fontSize: 12, formatter: (bar) => short(bar.value) } },
    ],
  };
}

// Prices of many beside one: each value is [figure, place above the line]; the last series is the one that is spoken of.
function dots(data, _kind, colour) {
  const number = format(data.unit);
  const look = common(colour, number);
  const label = { color: colour.soft, fontSize: 12 };
  const level = { silent: true, symbol: "none", lineStyle: { color: colour.soft, type: "dashed", width: 1 }, label: { formatter: data.level.name, color: colour.soft }, data: [{ xAxis: data.level.value }] };
  return {
    ...look,
    color: [colour.row[2], colour.row[4]],
    tooltip: { ...look.tooltip, trigger: "item", formatter: (point) => `${point.seriesName} ${number(point.value[0])}` },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: colour.soft } },
    grid: { left: 12, right: 16, top: 48, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "value", scale: true, boundaryGap: ["6%", "6%"], axisLabel: { ...label, formatter: short, hideOverlap: true }, splitLine: { show: false }, axisLine: { show: true, lineStyle: { color: colour.strong } } },
    yAxis: { type: "value", show: false, min: 0, max: (value) => Math.max(value.max + 1, 5) },
    series: data.series.map((line, at) => ({ type: "scatter", name: line.name, data: line.values, symbolSize: at ? 14 : 9, itemStyle: { opacity: at ? 1 : 0.75 }, ...(at ? {} : { markLine: level }) })),
  };
}

// An auction: each price holds until the next; the lowest so far is the stair, every single bid a dot on its way.
function stairs(data, _kind, colour) {
  const number = format("¥");
  const look = common(colour, number);
  const points = data.points.map(([at, price]) => [Date.parse(at), Number(price)]);
  let low = Infinity;
  const lowest = points.map(([at, price]) => [at, (low = Math.min(low, price))]);
  const last = points.length ? Math.min(Math.max(Date.now(), points.at(-1)[0]), Date.parse(data.to)) : 0;
  if (points.length) lowest.push([last, low]);
  const begin = Date.parse(data.from);
  const until = last ? Math.min(Date.parse(data.to), last + Math.max((last - begin) / 6, 120_000)) : Date.parse(data.to);
  const label = { color: colour.soft, fontSize: 12 };
  const cap = { silent: true, symbol: "none", lineStyle: { color: colour.row[4], type: "dashed", width: 1 }, label: { formatter: `${data.names.cap} ${number(data.cap)}`, color: colour.row[4], position: "insideEndTop" }, data: [{ yAxis: Number(data.cap) }] };
  return {
    ...look,
    animation: false,
    tooltip: { ...look.tooltip, trigger: "item", formatter: (point) => `${chinaTime(point.value[0], true)}  ${number(point.value[1])}` },
    grid: { left: 4, right: 16, top: 24, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: { type: "time", min: begin, max: until, axisLine: { lineStyle: { color: colour.strong } }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { ...label, hideOverlap: true, formatter: (at) => chinaTime(at) } },
    yAxis: { type: "value", scale: true, min: (value) => Math.floor(Math.min(value.min, Number(data.cap) * 0.98) * 0.995), max: Number(data.cap), splitLine: { lineStyle: { color: colour.hair } }, axisLabel: { ...label, formatter: short }, splitNumber: 4 },
    series: [
      { type: "line", name: data.names.lowest, step: "end", data: lowest, showSymbol: false, lineStyle: { width: 2, color: colour.row[0] }, areaStyle: { color: colour.row[0], opacity: 0.06 }, markLine: cap },
      { type: "scatter", name: data.names.all, data: points, symbolSize: 6, itemStyle: { color: colour.row[1] } },
    ],
  };
}

function chinaTime(at, exact = false) {
  const parts = { timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", ...(exact ? { second: "2-digit" } : {}) };
  return new Intl.DateTimeFormat("en-GB", parts).format(at);
}

function format(unit) {
  if (unit === "¥") return (value) => `¥${Number(value).toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return (value) => `${Number(value).toLocaleString("en")}${unit ? ` ${unit}` : ""}`;
}

function short(value) {
  if (Math.abs(value) < 100_000) return Number(value).toLocaleString("en");
  return new Intl.NumberFormat(document.documentElement.lang, { notation: "compact", maximumFractionDigits: 2 }).format(value);
}

function drawAll(root = document) {
  for (const [box, chart] of drawn) if (!box.isConnected) chart.dispose(), drawn.delete(box);
  for (const box of root.querySelectorAll("[data-chart]")) if (box.clientWidth) draw(box);
}

drawAll();
new ResizeObserver(() => drawn.forEach((chart) => chart.resize())).observe(document.body);
document.addEventListener("theme:turned", () => drawAll());
document.addEventListener("tab:shown", () => drawAll());
document.addEventListener("chart:changed", () => drawAll());
document.addEventListener("htmx:afterSettle", () => drawAll());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawAll());

"use strict";

// Asks the system about itself once a second, one question after the other, so that one connection is enough.

const PERIOD_MS = 1000;
const HISTORY = 120;
const LOG_MAX = 60000;
const SVG = "http://www.w3.org/2000/svg";
const COLOURS = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)"];

const $ = (id) => document.getElementById(id);
let last = null; // What was told a second ago.
const history = [];
let logNext = 0;
let polls = 0;

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) {
    throw new Error(path + ": " + answer.status);
  }
  return answer.json();
}

// ---- Numbers as people read them --------------------------------------------------------------

function bytes(n) {
  let unit = 0;
  while (n >= 1024 && unit < 3) {
    n /= 1024;
    unit++;
  }
  return (unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)) + " " + ["B", "KiB", "MiB", "GiB"][unit];
}

function duration(ms) {
  const s = Math.floor(ms / 1000);
  const part = (n) => String(n).padStart(2, "0");
  const days = Math.floor(s / 86400);
  return (days ? days + " d " : "") + part(Math.floor(s / 3600) % 24) + ":" +
    part(Math.floor(s / 60) % 60) + ":" + part(s % 60);
}

const cpuTime = (us) => (us < 1e6 ? (us / 1e3).toFixed(1) + " ms" : (us / 1e6).toFixed(2) + " s");
const rate = (n) => (n >= 100 || n === 0 ? String(Math.round(n)) : n.toFixed(1));

// ---- Tables and lists: text only, so that no name can be more than that ------------------------

function cell(text, className) {
  const td = document.createElement("td");
  td.textContent = text;
  td.className = className || "";
  return td;
}

function fill(id, rows) {
  $(id).replaceChildren(...rows.map((cells) => {
    const tr = document.createElement("tr");
    tr.append(...cells);
    return tr;
  }));
}

function legend(id, items) {
  $(id).replaceChildren(...items.map(([colour, name, value]) => {
    const li = document.createElement("li");
    const mark = document.createElement("i");
    mark.style.background = colour;
    const number = document.createElement("b");
    number.textContent = value;
    li.append(mark, name + " ", number);
    return li;
  }));
}

function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    element.setAttribute(key, value);
  }
  if (text !== undefined) {
    element.textContent = text;
  }
  return element;
}

// ---- What changed within the last second -------------------------------------------------------

function perSecond(now, before) {
  const ms = now.tasks.uptime_ms - before.tasks.uptime_ms;
  return (a, b) => (ms > 0 && b !== undefined && a >= b ? (a - b) * 1000 / ms : 0);
}

function byId(list, key) {
  return new Map(list.map((item) => [key(item), item]));
}

function showTasks(now, before, per) {
  const old = byId(before.tasks.tasks, (task) => task.id);
  const names = byId(now.tasks.tasks, (task) => task.id);
  let all = 0;
  const rows = now.tasks.tasks.map((task) => {
    const was = old.get(task.id) || { cpu_us: task.cpu_us, messages: task.messages };
    const share = per(task.cpu_us, was.cpu_us) / 1e4;
    const messages = per(task.messages, was.messages);
    all += messages;
    const waits = names.get(task.waits_for);
    const load = cell(share.toFixed(1) + " %", "n load");
    load.style.setProperty("--share", Math.min(share, 100) + "%");
    return [cell(task.id, "n"), cell(task.name), cell(task.state + (waits ? " " + waits.name : "")),
      cell(task.priority, "n"), load, cell(cpuTime(task.cpu_us), "n"), cell(rate(messages), "n")];
  });
  fill("tasks", rows);
  // Each is counted where it is sent and where it is received.
  $("messages").textContent = rate(all / 2) + "/s";
}

function showLoad(now, before, per) {
  const loads = now.tasks.cpus.map((cpu, i) => {
    const was = before.tasks.cpus[i] || cpu;
    return Math.min(per(cpu.busy_us, was.busy_us) / 1e6, 1);
  });
  history.push(loads);
  history.splice(0, history.length - HISTORY);
  const step = 300 / (HISTORY - 1);
  $("load").replaceChildren(...loads.map((_, cpu) => svg("polyline", {
    style: "stroke:" + COLOURS[cpu % COLOURS.length],
    points: history.map((at, i) =>
      (300 - (history.length - 1 - i) * step).toFixed(1) + "," + (78 - 76 * (at[cpu] || 0)).toFixed(1)
    ).join(" "),
  })));
  legend("load-names", loads.map((load, cpu) =>
    [COLOURS[cpu % COLOURS.length], "CPU " + cpu, (load * 100).toFixed(1) + " %"]));
}

function showMemory(memory) {
  const parts = [
    ["kernel", memory.kernel_bytes, COLOURS[1]],
    ["programs", memory.total_bytes - memory.free_bytes, COLOURS[0]],
    ["free", memory.free_bytes, "var(--line)"],
  ];
  const all = parts.reduce((sum, part) => sum + part[1], 0);
  $("memory-bar").replaceChildren(...parts.map(([name, size, colour]) => {
    const bar = document.createElement("span");
    bar.style.cssText = `flex:0 0 ${all ? size * 100 / all : 0}%;background:${colour}`;
    bar.title = name;
    return bar;
  }));
  legend("memory-names", parts.map(([name, size, colour]) => [colour, name, bytes(size)]));
}

// ---- The message graph: tasks on a circle, what they send as lines between them -----------------

function edgeRates(now, before, per) {
  const sameStart = now.ipc.since_ms === before.ipc.since_ms;
  const old = byId(sameStart ? before.ipc.edges : [], (edge) => edge.from + ">" + edge.to);
  return now.ipc.edges.map((edge) => {
    const was = old.get(edge.from + ">" + edge.to) || { messages: 0, notifications: 0 };
    return { from: edge.from, to: edge.to, messages: per(edge.messages, was.messages),
      notifications: per(edge.notifications, was.notifications) };
  });
}

function place(tasks) {
  const places = new Map();
  tasks.forEach((task, i) => {
    const angle = 2 * Math.PI * i / tasks.length - Math.PI / 2;
    places.set(task.id, { x: 195 * Math.cos(angle), y: 190 * Math.sin(angle), angle });
  });
  return places;
}

// Bent to the left, so that both directions can be seen.
function line(from, to, strength, className) {
  const bend = 0.16;
  const x = (from.x + to.x) / 2 * 0.75 + (to.y - from.y) * bend;
  const y = (from.y + to.y) / 2 * 0.75 - (to.x - from.x) * bend;
  return svg("path", {
    d: `M${from.x.toFixed(1)} ${from.y.toFixed(1)}Q${x.toFixed(1)} ${y.toFixed(1)} ${to.x.toFixed(1)} ${to.y.toFixed(1)}`,
    class: className,
    "stroke-width": (0.6 + 1.1 * Math.log10(1 + strength)).toFixed(2),
    "stroke-opacity": strength > 0 ? Math.min(0.35 + 0.2 * Math.log10(1 + strength), 1).toFixed(2) : "0.12",
  });
}

function showGraph(now, before, per) {
  const edges = edgeRates(now, before, per);
  const tasks = now.tasks.tasks;
  const places = place(tasks);
  const active = new Set();
  const lines = [];
  for (const edge of edges) {
    const from = places.get(edge.from);
    const to = places.get(edge.to);
    if (edge.messages + edge.notifications > 0) {
      active.add(edge.from).add(edge.to);
    }
    if (from && to) {
      lines.push(line(from, to, edge.messages + edge.notifications,
        edge.notifications > edge.messages ? "notification" : "message"));
    }
  }
  const nodes = tasks.flatMap((task) => {
    const at = places.get(task.id);
    const right = Math.cos(at.angle) >= -0.01;
    return [
      svg("circle", { cx: at.x.toFixed(1), cy: at.y.toFixed(1), r: 5, class: active.has(task.id) ? "active" : "" }),
      svg("text", { x: (at.x + (right ? 11 : -11)).toFixed(1), y: (at.y + 5).toFixed(1),
        "text-anchor": right ? "start" : "end" }, task.name),
    ];
  });
  $("graph").replaceChildren(...lines, ...nodes);
  $("graph-note").textContent = now.ipc.recording
    ? `Messages are blue, notifications orange; ${edges.length} pairs of tasks, ${now.ipc.lost} events lost.`
    : "This system's kernel doesn't record messages (CONFIG_TRACE), or webapi may not read them.";
}

// ---- Network and log --------------------------------------------------------------------------

function showNetwork(now, before, per) {
  const old = byId(before.network.interfaces, (one) => one.name);
  fill("interfaces", now.network.interfaces.map((one, i) => {
    const was = old.get(one.name) || one;
    const addresses = now.network.addresses.filter((address) => address.interface === i);
    return [cell(one.name + (one.link ? "" : " (no link)")),
      cell(addresses.map((a) => a.address + "/" + a.prefix_len).join(", ") || "–"),
      cell(bytes(per(one.rx_bytes, was.rx_bytes)), "n"), cell(bytes(per(one.tx_bytes, was.tx_bytes)), "n"),
      cell(one.rx_dropped + one.tx_dropped, "n")];
  }));
  const names = byId(now.tasks.tasks, (task) => task.id);
  fill("sockets", now.network.sockets.slice(0, 12).map((one) => {
    const owner = names.get(one.owner);
    return [cell(one.local), cell(one.state === "listen" ? "–" : one.remote),
      cell(owner ? owner.name : "–"), cell(one.state || "datagrams")];
  }));
}

function showLog(log) {
  const pre = $("log");
  const atEnd = pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4;
  if (log.text) {
    pre.textContent = (pre.textContent + log.text).slice(-LOG_MAX);
  }
  logNext = log.next;
  if (atEnd) {
    pre.scrollTop = pre.scrollHeight;
  }
}

function show(now) {
  const before = last || now;
  const per = perSecond(now, before);
  $("uptime").textContent = duration(now.uptime.uptime_ms);
  $("date").textContent = now.uptime.unix_ms
    ? new Date(now.uptime.unix_ms).toISOString().replace("T", " ").slice(0, 19) + " UTC" : "not known";
  $("cpus").textContent = now.uptime.cpus + " at " + now.uptime.mhz + " MHz";
  showTasks(now, before, per);
  showLoad(now, before, per);
  showMemory(now.memory);
  showGraph(now, before, per);
  showNetwork(now, before, per);
  showLog(now.log);
  last = now;
}

async function poll() {
  const status = $("status");
  try {
    const now = {};
    for (const name of ["uptime", "tasks", "memory", "ipc", "network"]) {
      now[name] = await ask("api/" + name);
    }
    now.log = await ask("api/log?from=" + logNext);
    show(now);
    polls++;
    document.body.dataset.polls = polls;
    status.textContent = "live";
    status.className = "";
  } catch (error) {
    status.textContent = "no answer: " + error.message;
    status.className = "bad";
    last = null;
  }
  setTimeout(poll, PERIOD_MS);
}

poll();

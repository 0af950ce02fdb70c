// Where the person is, what is known, and how it is drawn. Each section of the page is a file of its own
// that puts itself among the views.
const TABS = [
  ["leads", "Сделки"], ["unsorted", "Неразобранное"], ["contacts", "Контакты"], ["tasks", "Задачи"],
  ["chats", "Чаты"], ["setup", "Настройки"], ["faults", "Неисправности"], ["journal", "Журнал"],
];
const at = Object.assign(
  { account: null, by: null, tab: "leads", pipeline: null, open: null, chat: null, quote: null, find: "", files: false },
  Object.fromEntries(new URLSearchParams(location.hash.slice(1))),
);
let state = { accounts: [] }, a = null, card = null, room = null, journal = [], dragging = false;

function h(tag, props, ...inside) {
  const made = Object.assign(document.createElement(tag), props || {});
  for (const one of inside.flat(9)) {
    if (one === null || one === undefined || one === false) continue;
    made.append(one instanceof Node ? one : String(one));
  }
  return made;
}
const button = (text, act, more) => h("button", { type: "button", onclick: act, ...more }, text);
async function act(name, body = {}, done) {
  await ask(`accounts/${at.account}/${name}`, { by: Number(at.by) || 0, ...body });
  if (done) say(done);
  again();
}
const time = (seconds) => hour(seconds * 1000);
// Of the same day on the sandbox's clock the hour is enough.
function moment(seconds) {
  const then = new Date(seconds * 1000);
  if (then.toDateString() === new Date(state.now * 1000).toDateString()) return time(seconds);
  return then.toLocaleString("ru", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}
const full = (seconds) => new Date(seconds * 1000).toLocaleString("ru", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const numberOf = (n, one, few, many) => {
  const t = n % 10, h = n % 100;
  return `${n} ${t === 1 && h !== 11 ? one : t > 1 && t < 5 && (h < 12 || h > 14) ? few : many}`;
};
function go(change) {
  Object.assign(at, change);
  const kept = {};
  for (const name of ["account", "by", "tab", "pipeline", "chat"]) if (at[name]) kept[name] = at[name];
  history.replaceState(null, "", "#" + new URLSearchParams(kept));
  again(true);
}

// What is drawn stays as it is until something in it differs, so that the focus stays where it is.
const drawn = {};
function draw(into, key, make, force) {
  const text = JSON.stringify(key);
  if (!force && drawn[into.id] === text) return;
  const busy = into.contains(document.activeElement) && /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
  if (!force && (busy || dragging)) return;
  drawn[into.id] = text;
  const top = into.scrollTop, left = into.querySelector(".board")?.parentElement?.scrollLeft || 0;
  into.replaceChildren(...[make()].flat(9).filter(Boolean));
  into.scrollTop = top;
  if (left) into.scrollLeft = left;
}

function options(select, items, current) {
  const key = JSON.stringify([items, current]);
  if (select.dataset.key === key || document.activeElement === select) return;
  select.dataset.key = key;
  select.replaceChildren(...items.map(([value, text]) => h("option", { value, selected: String(value) === String(current) }, text)));
}

// The parts of the page

function drawFrame() {
  options($("account"), state.accounts.map((one) => [one.id, `${one.name} (${one.subdomain})`]), at.account);
  options($("by"), (a?.users || []).filter((one) => one.is_active).map((one) => [one.id, one.name]), at.by);
  const counts = a ? {
    leads: a.leads_total, unsorted: a.unsorted.length, contacts: a.contacts_total,
    tasks: a.tasks.filter((task) => !task.is_completed).length, chats: a.chats.length,
  } : {};
  draw($("tabs"), [at.tab, counts], () => TABS.map(([id, name]) => {
    const made = button([name, h("b", {}, counts[id] || "")], () => go({ tab: id, find: "" }), { className: "tab" });
    if (at.tab === id) made.setAttribute("aria-current", "page");
    return made;
  }));
  const shown = $("tabs").querySelector("[aria-current]");
  if (shown && drawn.tab !== at.tab) { drawn.tab = at.tab; shown.scrollIntoView({ block: "nearest", inline: "nearest" }); }
  $("clock").textContent = "Часы песочницы: " + full(state.now);
  const troubles = a ? [
    a.blocked && "Аккаунт заблокирован за превышение скорости: на всё отвечает 403.",
    a.switches.unpaid && "Аккаунт не оплачен: на всё отвечает 402.",
    a.faults.outage !== "no" && "amoCRM не работает.",
  ].filter(Boolean) : [];
  $("alert").hidden = !troubles.length;
  $("alert").textContent = troubles.join(" ");
}

function headOf(title, ...more) {
  return [h("h2", {}, title), h("span", { className: "space" }), ...more];
}
const search = (hint) => h("input", {
  type: "search", placeholder: hint, value: at.find, oninput: (event) => { at.find = event.target.value; show(true); },
});
const fits = (...texts) => texts.join(" ").toLowerCase().includes(at.find.toLowerCase());
const userName = (id) => a.users.find((one) => one.id === id)?.name || "";

/** By the name of its tab: a `key` that changes when it is to be drawn anew, a `head`, a `body`. */
const views = {};

const empty = (text) => h("p", { className: "empty" }, text);
const clock = (ms) => new Date(ms).toLocaleTimeString("ru");
function table(names, rows) {
  return h("div", { className: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, names.map((name) => h("th", {}, name)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) => h("td", { className: names[i] === "" ? "act" : /^(Время|Когда|Срок|Изменён|Телефон)$/.test(names[i]) ? "when" : "" }, cell)))))));
}

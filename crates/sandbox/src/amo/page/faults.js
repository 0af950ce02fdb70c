// What goes wrong, what the account has switched on, and the clock.
views.faults = () => {
  return {
    key: [a.faults, a.switches, a.blocked],
    head: () => headOf("Неисправности", button("Всё исправно", () => act("faults", {}, "Неисправностей нет"))),
    body: () => h("div", { className: "panels" }, faultsPanel(), switchesPanel(), clockPanel()),
  };
};

function switchRow(name, label, hint, value, save) {
  const field = typeof value === "boolean"
    ? h("input", { type: "checkbox", checked: value, onchange: (event) => { event.target.blur(); save(event.target.checked); } })
    : h("input", { type: "number", min: 0, step: "any", value: value ?? "", placeholder: "нет", onchange: (event) => save(event.target.value === "" ? null : Number(event.target.value)) });
  return h("label", { className: "switch" }, h("span", {}, label, hint && h("small", {}, hint)), field);
}
function faultsPanel() {
  const save = (name) => (value) => act("faults", { ...a.faults, [name]: value ?? 0 }, "Применено");
  const row = (name, label, hint) => switchRow(name, label, hint, a.faults[name], save(name));
  const choice = (name, label, items) => h("label", { className: "switch" }, label, h("select", { onchange: (event) => { event.target.blur(); save(name)(event.target.value); } },
    items.map(([value, text]) => h("option", { value, selected: a.faults[name] === value }, text))));
  return h("div", { className: "panel" },
    choice("outage", "Работа всей amoCRM", [["no", "работает"], ["unavailable", "503 на всё"], ["refused", "обрывает связь"]]),
    choice("scope", "Что задевают остальные", [["writes", "запись"], ["tokens", "токены"], ["everything", "всё"]]),
    row("slow_ms", "Задержка ответа, мс"),
    row("too_many_percent", "Отказов 429, %"), row("server_error_percent", "Ошибок сервера, %"),
    row("drop_answer_percent", "Принято, но ответ потерян, %"),
    row("too_many", "Отказов 429 подряд", "счётчик убывает сам"), row("server_error", "Ошибок сервера подряд"),
    row("server_error_status", "Код этой ошибки"), row("drop_answer", "Принять и не ответить"),
    row("drop_request", "Оборвать до приёма"), row("error_after_effect", "Принять и ответить 504"), row("hang", "Принять и молчать"));
}
const switchNames = {
  paid_filter: ["Платный фильтр", "без него filter молча не действует"], unpaid: ["Аккаунт не оплачен", "402 на всё"],
  duplicate_control: ["Контроль дублей", "заявки и leads/complex сливаются"], notes_on_unsorted: ["Примечания у неразобранного"],
  unsorted_events: ["События неразобранного"], coalesce_webhooks: ["Слеплять события вебхуков"],
  reorder_webhooks: ["Менять порядок событий"], lose_webhooks: ["Терять каждое N-е событие"],
  webhook_delay_ms: ["Копить события, мс"], search_lag_ms: ["Отставание поиска, мс", "пусто: как задано при запуске"],
  files_scope: ["Доступ интеграций к файлам", "без него файлы отвечают 403"], heavy_above: ["504 спискам длиннее", "0: отвечает любым"],
};
function switchesPanel() {
  const save = (name) => (value) => act("switches", { ...a.switches, [name]: value ?? (name === "search_lag_ms" ? null : 0) }, "Применено");
  return h("div", { className: "panel" },
    [...new Set([...Object.keys(switchNames), ...Object.keys(a.switches)])].map((name) => switchRow(name, ...(switchNames[name] || [name]).concat(null).slice(0, 2), a.switches[name], save(name))),
    a.blocked ? button("Снять блокировку", () => act("unblock", {}, "Блокировка снята"), { className: "main" })
      : button("Заблокировать: 403 на всё", () => act("block", {}, "Аккаунт заблокирован"), { className: "bad" }));
}
function clockPanel() {
  const skip = (seconds, text) => button(text, async () => { await ask("advance", { seconds }); say("Часы переведены"); again(); });
  return h("div", { className: "panel" }, h("h3", {}, "Часы песочницы"), h("p", {}, full(state.now)),
    h("p", { className: "soft" }, "Перевод часов старит токены и задачи и будит повторы вебхуков."),
    h("div", { className: "row" }, skip(600, "+10 минут"), skip(3600, "+1 час"), skip(86400, "+1 день"), skip(90 * 86400, "+90 дней")));
}

// What was asked of the account.
views.journal = () => {
  return {
    key: [journal.map((one) => one.number), a.refusals, at.find],
    head: () => headOf("Последние запросы", search("Путь или код ответа")),
    body: () => {
      const found = journal.filter((one) => fits(one.method, one.path, one.status));
      const refused = a.refusals.length > 0 && h("details", { className: "panel", style: "margin-bottom:14px" },
        h("summary", {}, `Отказы чатов с причинами: ${a.refusals.length}`),
        a.refusals.map((one) => h("p", { style: "margin:6px 0 0" }, h("span", { className: "mark bad" }, one.status || "оборван"), " ", one.why, " ", h("small", { className: "code" }, `${one.method} ${short(one.path)}`))));
      return found.length ? h("div", {}, refused, table(["Время", "Запрос", "Ответ"], found.slice(0, 150).map((one) => [
        h("small", {}, clock(one.at_ms)),
        h("details", {}, h("summary", {}, h("code", { title: one.path }, `${one.method} ${short(one.path)}`), one.query && h("small", { className: "code" }, " ?" + decodeURIComponent(one.query))),
          one.body && h("pre", { className: "code", style: "white-space: pre-wrap; margin: 6px 0 0" }, pretty(one.body)),
          one.oddities.length > 0 && h("p", { className: "mark" }, "неизвестные имена: " + one.oddities.join(", "))),
        h("span", { className: one.status >= 400 || !one.status ? "mark bad" : "mark good" }, one.status || "оборван", one.answer_lost && one.status ? ", ответ потерян" : ""),
      ]))) : empty("Запросов ещё не было.");
    },
  };
};

// Ids of the chats service are as long as a line.
const short = (path) => path.replace(/([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f-]{22,}/g, "$1…").replace(/(…_[0-9a-f]{8})-[0-9a-f-]+/g, "$1…");
function pretty(body) { try { return JSON.stringify(JSON.parse(body), null, 2); } catch { return body; } }

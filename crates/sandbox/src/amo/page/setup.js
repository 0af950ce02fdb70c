// What an administrator sees of the account.
views.setup = () => {
  return {
    key: [a.users, a.fields, a.pipelines, a.integrations, a.webhooks, a.deliveries, a.sources],
    head: () => headOf("Настройки аккаунта"),
    body: () => h("div", {},
      h("h3", {}, "Интеграции"), a.integrations.length ? h("div", { className: "panels" }, a.integrations.map(integration)) : h("p", { className: "soft" }, "Ни одна интеграция не установлена."),
      h("h3", {}, "Сотрудники"), table(["Имя", "Почта", "Права", "Чаты", ""], a.users.map((user) => [
        [user.name, !user.is_active && h("small", {}, " отключён")], user.email,
        user.is_admin ? "администратор" : user.is_free ? "бесплатный" : "сотрудник",
        user.amojo_id ? h("code", {}, user.amojo_id) : h("small", {}, "нет"),
        button(user.is_active ? "Отключить" : "Включить", () => act("user", { user: user.id, on: !user.is_active }), { className: user.is_active ? "bad" : "" }),
      ])),
      h("h3", {}, "Воронки"), table(["Воронка", "Этапы", ""], a.pipelines.map((one) => [
        [one.name, one.is_main && h("small", {}, " главная"), one.is_archive && h("small", {}, " в архиве")],
        h("div", {}, one.statuses.map((status) => { const tag = h("span", { className: "tag" }, status.name); return tag; })),
        one.is_main ? "" : button(one.is_archive ? "Вернуть" : "В архив", () => act("archive", { pipeline: one.id, on: !one.is_archive })),
      ])),
      h("h3", {}, "Поля"), table(["Поле", "Чьё", "Тип", "Номер", ""], a.fields.map((field) => [
        [field.name, field.code && h("small", {}, " " + field.code)], field.kind === "leads" ? "сделка" : field.kind === "contacts" ? "контакт" : "компания",
        field.type, h("code", {}, field.id),
        button("Удалить", () => act("delete_field", { field: field.id }, "Поле удалено"), { className: "bad" }),
      ])),
      h("h3", {}, "Источники"), a.sources.length ? table(["Источник", "Внешний номер", "Воронка", ""], a.sources.map((one) => [
        one.name, h("code", {}, one.external_id), a.pipelines.find((p) => p.id === one.pipeline_id)?.name, one.default ? "по умолчанию" : "",
      ])) : h("p", { className: "soft" }, "Источников нет."),
      h("h3", {}, "Вебхуки"), a.webhooks.length ? table(["Адрес", "События", ""], a.webhooks.map((one) => [
        h("code", {}, one.destination), h("small", {}, one.settings.join(", ")), one.disabled ? h("span", { className: "mark bad" }, "отключён") : h("span", { className: "mark good" }, "работает"),
      ])) : h("p", { className: "soft" }, "Никто не подписан."),
      a.deliveries.length > 0 && [h("h3", {}, "Последние отправки вебхуков"), table(["Время", "Событие", "Адрес", "Ответ"], a.deliveries.map((one) => [
        h("small", {}, clock(one.at_ms)), [one.event, one.attempt > 1 && h("small", {}, `, попытка ${one.attempt}`)], h("code", {}, one.destination),
        h("span", { className: one.status >= 200 && one.status < 300 ? "mark good" : "mark bad" }, one.status || "нет ответа"),
      ]))]),
  };
};

function integration(one) {
  const channel = one.channel;
  return h("div", { className: "panel" },
    h("div", { className: "row" }, h("strong", { style: "flex:1" }, one.name),
      one.active ? h("span", { className: "mark good" }, "установлена") : h("span", { className: "mark bad" }, one.installed ? "отключена" : "не установлена")),
    h("dl", {},
      h("dt", {}, "client_id"), h("dd", {}, h("code", {}, one.client_id)),
      h("dt", {}, "client_secret"), h("dd", {}, h("code", {}, one.client_secret)),
      h("dt", {}, "redirect_uri"), h("dd", {}, h("code", {}, one.redirect_uri)),
      h("dt", {}, "Живые токены"), h("dd", {}, `доступа ${one.access}, обновления ${one.refresh}`),
      channel && [
        h("dt", {}, "Канал чатов"), h("dd", {}, channel.name, " ", channel.connected ? h("span", { className: "mark good" }, "подключён") : h("span", { className: "mark" }, "не подключён")),
        h("dt", {}, "id канала"), h("dd", {}, h("code", {}, channel.id)),
        h("dt", {}, "Секрет канала"), h("dd", {}, h("code", {}, channel.secret)),
        h("dt", {}, "Бот канала"), h("dd", {}, h("code", {}, channel.bot_id)),
        h("dt", {}, "Вебхук чатов"), h("dd", {}, h("code", {}, channel.hook_url)),
      ]),
    h("div", { className: "row", style: "margin-top:12px" },
      one.installed && button(one.active ? "Отключить интеграцию" : "Включить снова", () => act("integration", { client: one.client_id, on: !one.active }), { className: one.active ? "bad" : "" }),
      one.installed && button("Отозвать токены", () => act("revoke", { client: one.client_id }, "Токены больше не действуют"), { className: "bad" })));
}

// One deal or one contact with all that belongs to it, beside the section.
const openLead = (id, name) => button(name, () => openCard("leads", id), { className: "link" });
const openContact = (id, name) => button(name, () => openCard("contacts", id), { className: "link" });
async function openCard(kind, id) { at.open = { kind, id }; await again(true); $("side").querySelector("button")?.focus(); }
function closeCard() { at.open = null; card = null; $("side").hidden = true; drawn.side = null; }

function valuesOf(values) {
  return (values || []).flatMap((field) => [h("dt", {}, field.field_name), h("dd", {}, field.values.map((one) => String(one.value)).join(", "))]);
}
function noteText(note) {
  const p = note.params || {};
  return p.text || p.file_name || p.original_name || JSON.stringify(p);
}
const noteNames = { common: "примечание", service_message: "сообщение сервиса", extended_service_message: "сообщение сервиса", attachment: "файл", call_in: "звонок", call_out: "звонок" };
function notesOf(list) {
  return list.map((note) => h("div", { className: "note" },
    h("small", {}, [noteNames[note.type] || note.type, note.params?.service, note.by || "интеграция", moment(note.created_at)].filter(Boolean).join(" · ")),
    noteText(note)));
}
function tasksOf(list) {
  return list.map((task) => h("div", { className: "note row" }, h("span", { style: "flex:1" }, task.text, h("small", {}, `${task.responsible || ""}, до ${moment(task.complete_till)}`)),
    task.is_completed ? h("span", { className: "mark good" }, "выполнена") : button("Закрыть", () => closeTask(task))));
}

function responsibleOf(one, hand) {
  return h("select", { ariaLabel: "Ответственный", onchange: (event) => { event.target.blur(); hand(Number(event.target.value)); } },
    !one.responsible && h("option", { value: 0, selected: true }, "никто"),
    a.users.map((user) => h("option", { value: user.id, selected: user.id === one.responsible_user_id }, user.name + (user.is_active ? "" : " (отключён)"))));
}
function leadPanel(lead) {
  const pipeline = a.pipelines.find((one) => one.id === lead.pipeline_id);
  const stages = a.pipelines.flatMap((one) => one.statuses.map((status) => [one, status]));
  const chat = a.chats.find((one) => one.lead_id === lead.id || lead.contacts.some((c) => c.id === one.contact_id));
  return [
    h("div", { className: "top" }, h("div", {}, h("h2", {}, lead.name), h("small", {}, `Сделка ${lead.id}${lead.unsorted ? ", в неразобранном" : ""}`)), button("Закрыть", closeCard)),
    h("dl", {},
      h("dt", {}, "Этап"), h("dd", {}, h("select", { ariaLabel: "Этап", onchange: (event) => { const [p, s] = event.target.value.split(":").map(Number); event.target.blur(); act("move_lead", { lead: lead.id, pipeline: p, status: s }, "Сделка перенесена"); } },
        a.pipelines.map((one) => h("optgroup", { label: one.name }, one.statuses.filter((status) => status.type !== 1 || status.id === lead.status_id).map((status) =>
          h("option", { value: `${one.id}:${status.id}`, selected: one === pipeline && status.id === lead.status_id }, status.name)))))),
      h("dt", {}, "Ответственный"), h("dd", {}, responsibleOf(lead, (user) => act("hand_lead", { lead: lead.id, user }))),
      h("dt", {}, "Бюджет"), h("dd", {}, lead.price ? lead.price.toLocaleString("ru") + " ₽" : "0"),
      h("dt", {}, "Контакты"), h("dd", {}, lead.contacts.map((one) => h("div", {}, openContact(one.id, one.name || "без имени"), " ", h("small", {}, one.phone)))),
      lead.tags.length > 0 && [h("dt", {}, "Теги"), h("dd", {}, lead.tags.map((tag) => h("span", { className: "tag" }, tag)))],
      h("dt", {}, "Создана"), h("dd", {}, moment(lead.created_at)),
      valuesOf(lead.values)),
    h("div", { className: "row", style: "margin-top:12px" }, chat && button("Открыть чат", () => { closeCard(); go({ tab: "chats", chat: chat.id }); }),
      button("Объединить с другой", () => { const gone = prompt("Номер сделки, которая вольётся в эту"); if (gone) act("merge_leads", { lead: lead.id, gone: Number(gone) }, "Сделки объединены"); }),
      button("Удалить", () => { act("delete_lead", { lead: lead.id }, "Сделка удалена"); closeCard(); }, { className: "bad" })),
    lead.task_list.length > 0 && [h("h3", {}, "Задачи"), tasksOf(lead.task_list)],
    h("h3", {}, `Примечания${lead.note_list.length ? ": " + lead.note_list.length : ""}`),
    noteForm(lead), notesOf(lead.note_list),
  ];
}
function noteForm(lead) {
  const field = h("input", { placeholder: "Новое примечание", ariaLabel: "Новое примечание" });
  return h("form", { className: "line", onsubmit: (event) => { event.preventDefault(); const text = field.value.trim(); field.value = ""; field.blur(); if (text) act("note", { lead: lead.id, text }); } }, field, h("button", {}, "Добавить"));
}

function contactPanel(one) {
  const chats = a.chats.filter((chat) => chat.contact_id === one.id);
  const field = h("textarea", { rows: 2, placeholder: "Написать первым, по телефону контакта", ariaLabel: "Написать первым" });
  const source = h("select", { ariaLabel: "Источник" }, h("option", { value: "" }, "источник не указан"), a.sources.map((s) => h("option", { value: s.external_id }, s.name)));
  return [
    h("div", { className: "top" }, h("div", {}, h("h2", {}, one.name || "без имени"), h("small", {}, `Контакт ${one.id}${one.hidden ? ", в неразобранном" : ""}`)), button("Закрыть", closeCard)),
    h("dl", {}, h("dt", {}, "Ответственный"), h("dd", {}, responsibleOf(one, (user) => act("hand_contact", { contact: one.id, user }))),
      one.tags.length > 0 && [h("dt", {}, "Теги"), h("dd", {}, one.tags.map((tag) => h("span", { className: "tag" }, tag)))],
      h("dt", {}, "Создан"), h("dd", {}, moment(one.created_at)), valuesOf(one.values)),
    h("h3", {}, "Сделки"), one.lead_list.length ? one.lead_list.map((lead) => leadCard(lead, false)) : h("p", { className: "soft" }, "Сделок нет."),
    chats.length > 0 && [h("h3", {}, "Чаты"), chats.map((chat) => h("p", {}, button(chat.last || "чат", () => { closeCard(); go({ tab: "chats", chat: chat.id }); }, { className: "link" })))],
    one.phone && h("form", { onsubmit: async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      const made = await ask(`accounts/${at.account}/write_first`, { by: Number(at.by), contact: one.id, source: source.value || null, text });
      field.value = ""; field.blur(); closeCard();
      go({ tab: "chats", chat: made.chat });
    } }, h("h3", {}, "Сообщение"), h("div", { style: "display:grid;gap:8px" }, field, h("div", { className: "row" }, source, h("span", { style: "flex:1" }), h("button", { className: "main" }, "Отправить")))),
    one.task_list.length > 0 && [h("h3", {}, "Задачи"), tasksOf(one.task_list)],
    one.note_list.length > 0 && [h("h3", {}, "Примечания"), notesOf(one.note_list)],
    h("div", { className: "row", style: "margin-top:16px" },
      button("Переименовать", () => { const text = prompt("Имя контакта", one.name); if (text) act("rename_contact", { contact: one.id, text }, "Контакт переименован"); }),
      button("Удалить контакт", () => { act("delete_contact", { contact: one.id }, "Контакт удалён"); closeCard(); }, { className: "bad" })),
  ];
}

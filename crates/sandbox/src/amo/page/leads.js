// Deals by their stages, and what waits in «Неразобранное».
views.leads = () => {
  const pipelines = a.pipelines;
  if (!pipelines.some((one) => String(one.id) === String(at.pipeline))) at.pipeline = pipelines[0]?.id;
  const pipeline = pipelines.find((one) => String(one.id) === String(at.pipeline));
  const leads = a.leads.filter((lead) => lead.pipeline_id === pipeline?.id && fits(lead.name, lead.tags, lead.contacts.map((one) => one.name)));
  return {
    key: [pipeline, leads, at.find],
    head: () => headOf("Сделки", search("Найти сделку"),
      h("select", { ariaLabel: "Воронка", onchange: (event) => go({ pipeline: event.target.value }) },
        pipelines.map((one) => h("option", { value: one.id, selected: one === pipeline }, one.name + (one.is_archive ? " (в архиве)" : "")))),
      button("Новая сделка", () => { const text = prompt("Название сделки"); if (text) act("add_lead", { text }, "Сделка создана"); })),
    body: () => pipeline && h("div", { className: "board" }, pipeline.statuses.map((status) => {
      const own = leads.filter((lead) => lead.status_id === status.id);
      const column = h("section", { className: "column", ariaLabel: status.name },
        h("h4", {}, status.name, h("span", {}, own.length || "")),
        own.map((lead) => leadCard(lead, true)));
      column.style.setProperty("--stage", status.color);
      // Into «Неразобранное» nobody moves by hand.
      if (status.type === 0) column.ondragover = (event) => { event.preventDefault(); column.classList.add("over"); };
      column.ondragleave = () => column.classList.remove("over");
      column.ondrop = (event) => {
        event.preventDefault();
        dragging = false;
        column.classList.remove("over");
        act("move_lead", { lead: Number(event.dataTransfer.getData("text/plain")), pipeline: pipeline.id, status: status.id });
      };
      return column;
    })),
  };
};

function leadCard(lead, draggable) {
  const made = h("button", { type: "button", className: "card", draggable, onclick: () => openCard("leads", lead.id) },
    h("strong", {}, lead.name),
    lead.contacts.length > 0 && h("div", {}, lead.contacts.map((one) => one.name).join(", ")),
    lead.price > 0 && h("div", {}, lead.price.toLocaleString("ru") + " ₽"),
    lead.tags.map((tag) => h("span", { className: "tag" }, tag)),
    h("div", { className: "foot" }, h("small", {}, lead.responsible || "без ответственного"),
      lead.tasks > 0 ? h("span", { className: "mark" }, numberOf(lead.tasks, "задача", "задачи", "задач")) : h("small", {}, moment(lead.updated_at))));
  made.ondragstart = (event) => { dragging = true; event.dataTransfer.setData("text/plain", lead.id); };
  made.ondragend = () => { dragging = false; };
  return made;
}

views.unsorted = () => {
  const from = { forms: "Заявка", chats: "Чат", sip: "Звонок", mail: "Письмо" };
  return {
    key: [a.unsorted, a.pipelines],
    head: () => headOf("Неразобранное"),
    body: () => a.unsorted.length ? table(["Откуда", "Кто", "Что", "Воронка", "Когда", ""], a.unsorted.map((entry) => {
      const pipeline = a.pipelines.find((one) => one.id === entry.pipeline_id);
      const stages = (pipeline?.statuses || []).filter((one) => one.type === 0);
      const stage = h("select", { ariaLabel: "Этап, куда принять" }, stages.map((one) => h("option", { value: one.id }, one.name)));
      return [
        [from[entry.category] || entry.category, h("br"), h("small", {}, entry.source_name)],
        entry.contacts.map((one) => h("div", {}, one.name, h("br"), h("small", {}, one.phone || one.email))),
        [openLead(entry.lead_id, entry.lead || "Сделка"), h("br"), h("small", {}, entry.metadata?.last_message_text || entry.metadata?.form_name || "")],
        pipeline?.name, moment(entry.created_at),
        h("div", { className: "row" }, stage,
          button("Принять", () => act("accept", { uid: entry.uid, status: Number(stage.value) }, "Принято"), { className: "main" }),
          button("Отклонить", () => act("decline", { uid: entry.uid }, "Отклонено"), { className: "bad" })),
      ];
    })) : empty("Здесь пусто. Сюда попадают заявки и первые сообщения тех, кого amoCRM не знает."),
  };
};

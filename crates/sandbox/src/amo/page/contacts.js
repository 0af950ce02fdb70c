// Contacts, and tasks.
views.contacts = () => {
  const found = a.contacts.filter((one) => fits(one.name, one.phone, one.email, one.tags));
  return {
    key: [found, at.find],
    head: () => headOf("Контакты", search("Имя, телефон, почта")),
    body: () => found.length ? table(["Имя", "Телефон", "Почта", "Сделок", "Ответственный", "Изменён"], found.map((one) => [
      [openContact(one.id, one.name || "без имени"), one.hidden && h("small", {}, " в неразобранном"), " ", one.tags.map((tag) => h("span", { className: "tag" }, tag))],
      one.phone, one.email, one.leads || "", one.responsible, moment(one.updated_at),
    ])) : empty("Контактов нет."),
  };
};

views.tasks = () => {
  return {
    key: [a.tasks, Math.floor(state.now / 60)],
    head: () => headOf("Задачи"),
    body: () => a.tasks.length ? table(["Задача", "К чему", "Ответственный", "Срок", ""], a.tasks.map((task) => [
      task.text,
      task.entity && (task.entity.kind === "leads" ? openLead(task.entity.id, task.entity.name || "сделка удалена") : openContact(task.entity.id, task.entity.name || "контакт удалён")),
      task.responsible,
      task.is_completed ? h("span", { className: "mark good" }, "выполнена") : h("span", { className: task.complete_till < state.now ? "mark bad" : "" }, moment(task.complete_till)),
      task.is_completed ? h("small", {}, task.result || "") : button("Закрыть", () => closeTask(task)),
    ])) : empty("Задач нет."),
  };
};

function closeTask(task) {
  const text = prompt("Итог задачи (можно пусто)", "");
  if (text !== null) act("close_task", { task: task.id, text }, "Задача закрыта");
}

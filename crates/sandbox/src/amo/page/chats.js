// Chats, as a user of amoCRM has them.
views.chats = () => {
  const chats = a.chats;
  if (!chats.some((one) => one.id === at.chat)) at.chat = chats[0]?.id ?? null;
  return {
    key: [chats, at.chat, room, at.quote, at.files, a.users.map((one) => [one.id, one.name])],
    head: () => headOf("Чаты", h("span", { className: "soft" }, "Чтобы написать первым, откройте контакт с телефоном.")),
    body: () => chats.length ? h("div", { className: "chats" }, chatList(chats), chatRoom()) : empty("Чатов пока нет. Они появляются с первым сообщением клиента через канал интеграции."),
    after: () => {
      const log = document.querySelector(".chats .log");
      if (log) log.scrollTop = log.scrollHeight;
    },
  };
};

const kindNames = { picture: "Картинка", file: "Файл", video: "Видео", voice: "Голосовое", audio: "Аудио", sticker: "Стикер", location: "Место", contact: "Контакт" };
function chatList(chats) {
  return h("div", { className: "list" }, chats.map((chat) => {
    const made = button([h("strong", {}, chat.name || "без имени", h("small", {}, time(chat.at / 1000))),
      h("span", {}, chat.typing ? "печатает…" : chat.last || kindNames[chat.last_kind] || "")], () => go({ chat: chat.id, quote: null }), { className: "one" });
    made.setAttribute("aria-current", String(chat.id === at.chat));
    return made;
  }));
}
function chatRoom() {
  if (!room) return h("div", { className: "room" });
  const lead = a.leads.find((one) => one.id === room.lead_id);
  const contact = a.contacts.find((one) => one.id === room.contact_id);
  return h("div", { className: "room" },
    h("div", { className: "head" }, h("strong", {}, room.client.name || "без имени"), h("small", {}, room.typing ? "печатает…" : room.client.phone || ""),
      h("span", { style: "flex:1" }), contact && openContact(contact.id, "Контакт"), lead && openLead(lead.id, lead.name),
      !room.conversation_id && h("span", { className: "mark" }, "клиент ещё не ответил")),
    h("div", { className: "log", role: "log" }, room.messages.slice(-200).map(bubble)),
    writeForm());
}
function statusOf(message) {
  if (message.origin === "integration" && message.author === "client") return "";
  const d = message.delivery;
  if (d === "read") return "прочитано";
  if (d === "delivered") return "доставлено";
  if (d?.failed) return `не доставлено: ${d.failed.error_code} ${d.failed.error || ""}`;
  return "отправлено";
}
function bubble(message) {
  const mine = message.author !== "client";
  const quoted = message.reply_to?.message;
  const original = quoted && room.messages.find((one) => one.id === quoted.id || (quoted.msgid && one.msgid === quoted.msgid));
  const url = /^https?:/.test(message.media || "") ? message.media : null;
  const media = !url ? null
    : message.kind === "picture" || message.kind === "sticker" ? h("img", { src: url, alt: message.file_name || "Картинка", loading: "lazy" })
    : message.kind === "voice" || message.kind === "audio" ? h("audio", { src: url, controls: true })
    : message.kind === "video" ? h("video", { src: url, controls: true })
    : h("a", { href: url, target: "_blank", rel: "noreferrer" }, `${message.file_name || "файл"} ${message.file_size ? `(${Math.ceil(message.file_size / 1024)} КБ)` : ""}`);
  return h("div", { className: `msg${mine ? " mine" : ""}${message.delivery?.failed ? " failed" : ""}` },
    mine && h("div", { className: "who" }, message.author === "bot" ? `${message.author_name} (бот канала)` : message.author_name),
    quoted && h("div", { className: "quote" }, original?.text || quoted.text || "сообщение"),
    media, message.location && `Место: ${message.location.lat}, ${message.location.lon}`, message.card && `Контакт: ${message.card.name} ${message.card.phone}`,
    message.text,
    message.reactions.length > 0 && h("div", {}, message.reactions.map((one) => one.emoji).join(" ")),
    h("footer", {}, [message.silent && "без уведомления", message.edited && "изменено", statusOf(message), time(message.at / 1000)].filter(Boolean).join(" · "), " ",
      button("Ответить", () => { at.quote = message.id; again(true); }),
      button("👍", () => { const had = message.reactions.some((one) => one.author?.user); act("react", { message: message.id, text: had ? "" : "👍" }); }, { title: "Реакция" })));
}
// What is not sent yet, by chat.
const drafts = {};
function writeForm() {
  const quoted = room.messages.find((one) => one.id === at.quote);
  const field = h("textarea", { id: "text", placeholder: "Ответить клиенту", ariaLabel: "Ответить клиенту", value: drafts[room.id] || "" });
  const kind = h("select", { ariaLabel: "Вид файла" }, ["picture", "file", "video", "voice", "audio"].map((one) => h("option", { value: one }, kindNames[one])));
  const media = h("input", { type: "url", placeholder: "https://… ссылка на файл", ariaLabel: "Ссылка на файл" });
  const name = h("input", { placeholder: "имя файла", ariaLabel: "Имя файла", value: "picture.png" });
  const size = h("input", { type: "number", min: 1, value: 1024, ariaLabel: "Размер, байт" });
  let told = 0;
  field.oninput = () => { drafts[room.id] = field.value; if (Date.now() - told > 4000) { told = Date.now(); ask(`accounts/${at.account}/type`, { by: Number(at.by), chat: room.id }).catch(() => {}); } };
  field.onkeydown = (event) => { if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); } };
  const form = h("form", { className: "write", onsubmit: async (event) => {
    event.preventDefault();
    const text = field.value.trim(), link = at.files ? media.value.trim() : "";
    if (!text && !link) return;
    await ask(`accounts/${at.account}/write`, { by: Number(at.by), chat: room.id, text, message: quoted?.id ?? null, media: link || null, kind: kind.value, file_name: name.value, file_size: Number(size.value) || 1 });
    field.value = drafts[room.id] = ""; at.quote = null; at.files = false;
    await again(true);
    $("text")?.focus();
  } },
    quoted && h("p", { className: "soft" }, "Ответ на: ", quoted.text || kindNames[quoted.kind], " ", button("Отменить", () => { at.quote = null; again(true); }, { className: "link" })),
    h("div", { className: "line" }, field, button("Файл", () => { at.files = !at.files; again(true); }), h("button", { className: "main" }, "Отправить")),
    at.files && h("div", { className: "extra" }, kind, media, name, size));
  return form;
}

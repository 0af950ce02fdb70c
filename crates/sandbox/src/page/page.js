// What the pages for people share. A page's own script comes after and says what it shows.
"use strict";

const $ = (id) => document.getElementById(id);

function el(tag, text, more = {}) {
  const made = Object.assign(document.createElement(tag), more);
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

let silence;
/** Shows a short line for some seconds; a page may ask for longer by `data-ms`. */
function say(text) {
  $("said").textContent = text;
  $("said").hidden = false;
  clearTimeout(silence);
  silence = setTimeout(() => { $("said").hidden = true; }, Number($("said").dataset.ms) || 3500);
}

/** Asks the sandbox; with a body it is a POST. A file goes as it is, whatever its type. */
async function ask(path, body, type = "application/json") {
  const options = body === undefined ? {} : {
    method: "POST",
    headers: { "Content-Type": type },
    body: body instanceof Blob ? body : JSON.stringify(body),
  };
  const answer = await fetch("/sandbox/" + path, options);
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    say(told.error || "Не получилось: " + answer.status);
    throw new Error(path);
  }
  return answer.json();
}

/** `draw`, one at a time: news that come while it draws make it draw once more. */
function oneAtATime(draw) {
  let drawing = false, stale = false;
  return async () => {
    if (drawing) { stale = true; return; }
    drawing = true;
    try { do { stale = false; await draw(); } while (stale); } catch { /* said already */ } finally { drawing = false; }
  };
}

/** Calls `again` at each change of the sandbox. */
function follow(again) {
  const events = new EventSource("/sandbox/events");
  events.onmessage = () => again();
  events.onopen = () => again();
  events.onerror = () => say("Песочница не отвечает");
}

/** Buttons of `{ key, title, note }`, the current one pressed; `choose` is told the key. */
function list(into, items, current, choose) {
  // Drawn anew only when it differs, so that the focus stays where it is.
  const drawn = JSON.stringify([current, items]);
  if (into.dataset.drawn === drawn) return;
  into.dataset.drawn = drawn;
  into.replaceChildren(...items.map(({ key, title, note }) => {
    const button = el("button", null, { type: "button", className: "item" });
    button.setAttribute("aria-pressed", String(key === current));
    button.append(el("span", title), el("small", note));
    button.onclick = () => choose(key);
    return button;
  }));
}

const hour = (ms) => new Date(ms).toLocaleTimeString("ru", { hour: "2-digit", minute: "2-digit" });

/** To the last message, and again when pictures have their height. */
function toEnd(log) {
  const scroll = () => { log.scrollTop = log.scrollHeight; };
  scroll();
  for (const image of log.querySelectorAll("img")) image.onload = scroll;
}

const buttonOf = (text, onclick) => el("button", text, { type: "button", onclick });

// What a chat shows is made by its page: `bubble` of one message. The rest is here.

/** Draws the messages of one chat anew when the `key` of one differs. Whoever looks at the end stays there. */
function drawMessages(of, messages, key, bubble, empty) {
  const log = $("chat");
  const drawn = JSON.stringify([of, messages.map(key)]);
  if (log.dataset.drawn === drawn) return;
  const atEnd = log.dataset.of !== String(of) || log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  Object.assign(log.dataset, { drawn, of });
  const shown = messages.slice(-300).map((message) => bubble(message, messages));
  log.replaceChildren(...(shown.length ? shown : [el("p", empty, { className: "empty" })]));
  if (atEnd) toEnd(log);
}

/** Whether somebody is chosen to write as, and to; if not, what is for writing (and `more`) is shut. */
function canWrite(chosen, title, hint, more = []) {
  for (const field of [...$("write").elements, ...more]) field.disabled = !chosen;
  if (chosen) return true;
  $("title").textContent = title;
  $("chat").dataset.drawn = "";
  $("chat").replaceChildren(el("p", hint, { className: "empty" }));
  return false;
}

/** What a message answers, in one line above it; `original` may be gone. */
const quoteOf = (original) => el("div", original ? original.text || "вложение" : "сообщение", { className: "quote" });

/** To which message the next one is an answer, which the line over the field says. */
let replying = null;
function replyTo(id, text) {
  replying = id;
  $("reply-text").textContent = text || "вложение";
  $("replying").hidden = false;
  $("text").focus();
}
function forgetReply() { replying = null; $("replying").hidden = true; }

/** Sends what is written, by the button or Enter; the field is emptied when `send` is through. */
function onWrite(send) {
  const text = $("text"), form = $("write");
  form.onsubmit = async (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    await send(words);
    text.value = "";
  };
  text.onkeydown = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
  };
}

/** Files that were picked, one after another. */
function onFiles(send) {
  $("file").onchange = async () => {
    for (const file of $("file").files) await send(file, file.type || "application/octet-stream");
    $("file").value = "";
  };
}

/** A form whose fields become one object; it is emptied when `send` is through. */
function onForm(form, send) {
  form.onsubmit = async (event) => {
    event.preventDefault();
    await send(Object.fromEntries(new FormData(form)));
    form.reset();
  };
}

function copies(button, field, said) {
  button.onclick = async () => {
    try { await navigator.clipboard.writeText(field.value); say(said); }
    catch { field.select(); say("Нажмите Ctrl+C"); }
  };
}

// Faults are numbers, where nothing is 0, boxes, and choices.

/** Leaves alone what a person is filling in, unless the faults are somebody else's. */
function showFaults(form, faults, of) {
  if (form.contains(document.activeElement) && form.dataset.of === String(of)) return;
  form.dataset.of = of;
  for (const field of form.elements) {
    if (!field.name) continue;
    if (field.type === "checkbox") field.checked = faults[field.name];
    else field.value = faults[field.name] || "";
  }
}

/** `send` is told all faults when they are applied, and none when all is calm. */
function onFaults(form, calm, send) {
  const apply = async (faults) => {
    document.activeElement?.blur();
    await send(faults);
    say("Применено");
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    const faults = {};
    for (const field of form.elements) {
      if (!field.name) continue;
      if (field.type === "checkbox") faults[field.name] = field.checked;
      else faults[field.name] = field.type === "number" ? Number(field.value) || 0 : field.value;
    }
    apply(faults);
  };
  calm.onclick = () => apply({});
}

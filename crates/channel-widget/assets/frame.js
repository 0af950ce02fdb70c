// The chat window, inside an iframe of our own origin: wires the page around it, the socket, the
// outbox and the drawing together.

import { connection, backoff } from './connection.js';
import { drawForm, requestForm } from './forms.js';
import { outbox, storage } from './outbox.js';
import { languageOf, textsOf } from './texts.js';
import { drawing, icon, inkOn, make } from './view.js';

const $ = (id) => document.getElementById(id);
const embedded = window.parent !== window;
const here = new URL('.', location.href);

const TYPING_EVERY = 3000;
const TYPING_SHOWN = 6000;

async function loadConfig() {
  for (let tries = 0; ; tries++) {
    try {
      const answer = await fetch('config');
      if (answer.ok) return await answer.json();
      if (answer.status === 404 || answer.status === 403) return null;
    } catch (e) {
      // no network: again below
    }
    await new Promise((done) => setTimeout(done, backoff(tries)));
  }
}

function run(config) {
  const language = languageOf(config);
  const texts = textsOf(language);
  const draw = drawing(texts, language);
  const title = config.title || texts.title;

  let isOpen = !embedded;
  let visit = null;
  let person = null; // what the site told by Beseda.identify
  let parentOrigin = ''; // unknown until the page has spoken
  let started = false;
  let isLost = false;
  let isConnected = false;
  let online = null;
  // A newcomer will be asked what the settings say; the server's own word comes with the welcome.
  let form = config.contact_form || null;
  let sentForm = null;
  let formError = '';
  let formValues = {};
  let position = null;
  let docked = '';
  let lastDay = '';
  let lastWriter = '';
  let typingTold = 0;
  let typingTimer = 0;
  let bannerTimer = 0;
  let seenTold = '';
  const messages = new Map(); // id -> { message, line }

  // ---- words and colours

  document.documentElement.lang = language;
  document.title = title;
  $('title').textContent = title;
  $('log').setAttribute('aria-label', title);
  $('close').setAttribute('aria-label', texts.close);
  $('close').append(icon('close', 22));
  $('close').hidden = !embedded;
  $('typing').setAttribute('aria-label', texts.typing);
  const color = /^#[0-9a-f]{6}$/i.test(config.color) ? config.color : '#0b6e5f';
  document.documentElement.style.setProperty('--accent', color);
  document.documentElement.style.setProperty('--on-accent', inkOn(color));
  // A light accent is no visible ring on white.
  const ring = inkOn(color) === '#fff' ? color : '#15202a';
  document.documentElement.style.setProperty('--ring', ring);

  // ---- the page around

  const kept = storage(`beseda.${here.pathname}`, (all) => parentOrigin && tellPage({ beseda: 'keep', kept: all }));

  // Before the page has spoken, what goes to it holds nothing of the visitor.
  const tellPage = (message) => embedded && parent.postMessage(message, parentOrigin || '*');

  addEventListener('message', (event) => {
    if (event.source !== window.parent || !embedded || !event.data || !event.data.beseda) return;
    const said = event.data;
    parentOrigin = event.origin === 'null' ? '' : event.origin;
    if (said.visit) visit = { ...said.visit, site: parentOrigin };
    if (said.kept && kept.isForbidden) {
      kept.fill(said.kept);
      if (kept.get('token')) form = null;
      docked = '';
      drawWaiting();
    }
    if (said.person) person = cleaned(said.person);
    if (said.beseda === 'open' || said.beseda === 'close') isOpen = said.beseda === 'open';
    if (said.beseda === 'open') {
      start();
      scrollDown();
      if (said.focus) focusIn();
      markSeen();
    }
    if (said.beseda === 'visit' && (kept.get('talked') || waits())) start();
  });

  const cleaned = (told) => {
    const clean = {};
    for (const key of ['name', 'phone', 'email']) {
      if (typeof told[key] === 'string' && told[key].trim()) clean[key] = told[key].trim().slice(0, 200);
    }
    return clean;
  };

  const close = () => embedded && tellPage({ beseda: 'close' });
  $('close').onclick = close;
  addEventListener('keydown', (e) => e.key === 'Escape' && !e.isComposing && close());

  const focusIn = () => {
    const field = $('dock').querySelector('textarea, input');
    // A phone's keyboard would cover the greeting that the person has not read yet.
    if (field && !matchMedia('(pointer: coarse)').matches) field.focus();
    else $('log').focus({ preventScroll: true });
  };

  // ---- the lines

  const isAtEnd = () => {
    const log = $('log');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  };
  const scrollDown = () => {
    $('log').scrollTop = $('log').scrollHeight;
  };

  const addLine = (line) => {
    const stays = isAtEnd();
    $('lines').append(line);
    if (stays) scrollDown();
  };

  function add(message) {
    if (!message || typeof message.id !== 'string') return;
    if (typeof message.position === 'number') position = message.position;
    if (messages.has(message.id)) return;
    const at = new Date(message.at);
    const day = Number.isNaN(at.getTime()) ? lastDay : at.toDateString();
    if (day !== lastDay) {
      addLine(draw.day(at));
      lastDay = day;
      lastWriter = '';
    }
    const writer = `${message.from} ${message.author}`;
    const line = draw.message(message, writer !== lastWriter, message.status || 'sent');
    lastWriter = writer;
    messages.set(message.id, { message, line });
    addLine(line);
    if (message.from === 'visitor') scrollDown();
    else showTyping(false);
    kept.set('talked', true);
  }

  function drawWaiting() {
    const stays = isAtEnd();
    $('waiting').replaceChildren(...box.items().map((item) => draw.waiting(item, {
      onRetry: () => box.retry(item.frame.client_id),
      onRemove: () => box.drop(item.frame.client_id),
    })));
    if (stays) scrollDown();
    dock();
  }

  function showTyping(on) {
    clearTimeout(typingTimer);
    const stays = isAtEnd();
    $('typing').hidden = !on;
    if (stays) scrollDown();
    if (on) typingTimer = setTimeout(() => showTyping(false), TYPING_SHOWN);
  }

  // ---- what was seen

  const theirs = () => [...messages.values()].map((m) => m.message).filter((m) => m.from !== 'visitor');

  function markSeen() {
    const all = theirs();
    const last = all[all.length - 1];
    if (isOpen && document.visibilityState === 'visible' && last) {
      kept.set('seen', last.id);
      if (seenTold !== last.id && link.send({ type: 'seen', message: last.id })) seenTold = last.id;
    }
    const seen = kept.get('seen');
    tellPage({ beseda: 'unread', count: all.length - 1 - all.findIndex((m) => m.id === seen) });
  }
  document.addEventListener('visibilitychange', () => markSeen());
  kept.onChange('seen', () => markSeen());

  // ---- below the lines: a form, or where one writes

  const waits = () => box.items().length > 0;
  const asksRequest = () =>
    online === false && config.offline_form && !messages.size && !waits();

  function dock() {
    const sent = box.items().some((i) => i.frame.type === 'form' && !i.failed);
    const want = form && !sent ? 'form' : asksRequest() ? 'request' : 'composer';
    const key = want === 'form' ? want + JSON.stringify(form) + formError : want + formError;
    if (key === docked) return;
    const stays = isAtEnd();
    const hadFocus = $('dock').contains(document.activeElement);
    docked = key;
    const values = { ...person, ...formValues };
    const shared = { texts, values, error: formError };
    let drawn;
    if (want === 'form') {
      drawn = drawForm(make, {
        ...shared,
        spec: form,
        title: texts.contactTitle,
        submit: texts.contactSubmit,
        onSubmit: (given) => submit('form', given),
      });
    } else if (want === 'request') {
      drawn = drawForm(make, {
        ...shared,
        spec: requestForm,
        title: texts.requestTitle,
        submit: texts.requestSubmit,
        onSubmit: (given) => submit('request', given),
      });
    } else {
      drawn = draw.composer({
        draft: kept.get('draft') || '',
        max: config.max_text || 4000,
        onSend: (text) => {
          box.add({ type: 'message', text, ...(person && { person }) });
          start();
          scrollDown();
        },
        onInput: (text) => {
          kept.set('draft', text || null);
          if (text && Date.now() - typingTold > TYPING_EVERY) {
            typingTold = Date.now();
            link.send({ type: 'typing' });
          }
        },
      });
    }
    $('dock').replaceChildren(drawn);
    if (hadFocus) focusIn();
    if (stays) scrollDown();
    greet();
  }

  // After a reload the form that was refused is known by its values alone.
  const formOf = (values) => ({
    title: '',
    submit: '',
    fields: Object.keys(values).map((key) => ({ key, label: '', required: true })),
  });

  function submit(type, values) {
    formValues = values;
    formError = '';
    if (type === 'form') {
      sentForm = form;
      form = null;
    }
    box.add({ type, values });
    start();
    scrollDown();
  }

  let greeting = null;
  let isAway = false; // the first words stay as they were read
  function greet() {
    if (online === false && !messages.size) isAway = true;
    if (online) isAway = false;
    const text = isAway
      ? config.offline_text || (config.offline_form ? texts.away : texts.awayChat)
      : config.greeting || texts.greeting;
    if (greeting && greeting.textContent === text) return;
    const next = draw.greeting(text);
    if (greeting) greeting.replaceWith(next);
    else $('lines').prepend(next);
    greeting = next;
  }

  function showState() {
    const status = $('status');
    status.className = isConnected && online ? 'online' : '';
    status.textContent = !started ? '' : !isConnected ? texts.connecting : online ? texts.online : texts.offline;
  }

  function banner(text, bad) {
    clearTimeout(bannerTimer);
    const el = $('banner');
    el.textContent = text;
    el.className = bad ? 'banner bad' : 'banner';
    el.hidden = !text;
    if (bad) bannerTimer = setTimeout(() => banner(isLost ? texts.lost : ''), 8000);
  }

  // ---- the socket

  const url = new URL('socket', here);
  url.protocol = here.protocol === 'https:' ? 'wss:' : 'ws:';

  const link = connection({
    url: url.href,
    hello: () => ({ token: kept.get('token'), after: position, visit: visit || { site: parentOrigin || location.origin } }),
    onFrame: (frame) => Object.hasOwn(frames, frame.type) && frames[frame.type](frame),
    onState: (connected) => {
      isConnected = connected;
      showState();
      if (connected) {
        isLost = false;
        banner('');
        box.resume();
        markSeen();
      } else {
        box.stop();
        showTyping(false);
        if (!isLost) {
          isLost = true;
          // A short break needs no words.
          clearTimeout(bannerTimer);
          bannerTimer = setTimeout(() => isLost && banner(texts.lost), 3000);
        }
      }
    },
  });

  const frames = {
    welcome(frame) {
      if (frame.token) kept.set('token', frame.token);
      online = frame.online !== false;
      form = frame.form || null;
      seenTold = '';
      for (const message of frame.messages || []) add(message);
      if (typeof frame.position === 'number') position = frame.position;
      greet();
      dock();
      scrollDown();
    },
    message(frame) {
      add(frame.message);
      markSeen();
    },
    accepted(frame) {
      const item = box.items().find((i) => i.frame.client_id === frame.client_id);
      add(frame.message);
      if (item && item.frame.type === 'form') form = null;
      box.accepted(frame.client_id);
      if (item && item.frame.type === 'request') addLine(draw.notice(texts.received));
      formValues = {};
      greet();
      scrollDown();
    },
    refused(frame) {
      box.refused(frame.client_id, frame.code, frame.text);
    },
    status(frame) {
      const found = messages.get(frame.message);
      if (!found || found.message.from !== 'visitor') return;
      if (!['sent', 'delivered', 'read'].includes(frame.status)) return;
      found.line.lastChild.replaceWith(draw.meta(new Date(found.message.at), frame.status));
    },
    typing() {
      showTyping(true);
    },
    online(frame) {
      online = frame.online !== false;
      showState();
      greet();
      dock();
    },
    form(frame) {
      form = frame.form || null;
      dock();
      scrollDown();
    },
    closed() {
      lastWriter = '';
      addLine(draw.notice(texts.closed));
    },
    error(frame) {
      if (/token/.test(frame.code || '')) {
        kept.set('token', null);
        position = null;
        link.restart();
        return;
      }
      box.trouble(frame.text);
      if (frame.text) banner(frame.text, true);
    },
  };

  const box = outbox({
    kept,
    send: (frame) => link.send(frame),
    onChange: () => drawWaiting(),
    // A refused form goes back to be mended, with what was filled in.
    onRefused: (frame, text) => {
      if (frame.type === 'message') return false;
      formValues = frame.values;
      formError = text || texts.failed;
      if (frame.type === 'form') form = form || sentForm || formOf(frame.values);
      docked = '';
      return true;
    },
  });

  function start() {
    if (started) return;
    started = true;
    showState();
    link.start();
  }

  new ResizeObserver(() => scrollDown()).observe($('dock'));

  if (kept.get('token')) form = null;
  $('app').hidden = false;
  greet();
  drawWaiting();
  if (embedded) {
    tellPage({
      beseda: 'ready',
      look: {
        color,
        ink: inkOn(color),
        position: config.position,
        text: config.launcher_text || '',
        open: config.launcher_text || texts.open,
        close: texts.close,
        title,
      },
    });
  } else {
    visit = { page: location.href.split('#')[0], title, referrer: document.referrer, utm: {}, site: location.origin };
    start();
    focusIn();
  }
}

loadConfig().then((config) => config && run(config));

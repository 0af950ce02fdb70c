// The talk: wires the page around it, the socket, the outbox and the drawing together.

import { around, cleaned, keepFocus } from './around.js';
import { drawComposer } from './composer.js';
import { connection } from './connection.js';
import { drawForm, requestForm } from './forms.js';
import { applyLook } from './look.js';
import { noStorage, outbox, storage } from './outbox.js';
import { drawRating, drawThanks } from './rating.js';
import { languageOf, textsOf } from './texts.js';
import { uploads } from './uploads.js';
import { drawing, icon, make } from './view.js';
import { drawChips, drawSheet } from './ways.js';

const $ = (id) => document.getElementById(id);
const here = new URL('.', location.href);

const TYPING_EVERY = 3000;
const TYPING_SHOWN = 6000;

// `demo` stands in for the socket in the preview.
export function run(config, { ofPage, isDark, signal, demo }) {
  const language = languageOf(config, ofPage);
  const texts = textsOf(language);
  const draw = drawing(texts, language);
  // The company's own words, else ours.
  const own = (words) => (words && words[language]) || '';
  const title = own(config.title) || texts.title;

  const whole = $('whole');
  document.body.replaceChildren(whole, document.importNode(whole.content, true));

  let isOpen = false;
  let isModal = false;
  let isPageDark = isDark;
  let visit = null;
  let person = null; // what the site told by Beseda.identify
  let started = false;
  let isLost = false;
  let isConnected = false;
  let online = null;
  // A newcomer will be asked what the settings say; the server's own word comes with the welcome.
  let form = config.contact_form || null;
  let sentForm = null;
  let formError = '';
  let formValues = {};
  let ways = [];
  let position = null;
  let docked = '';
  let lastDay = '';
  let lastWriter = '';
  let typingTold = 0;
  let typingTimer = 0;
  let bannerTimer = 0;
  let promptTimer = 0;
  let seenTold = '';
  const messages = new Map(); // id -> { message, line }

  const page = around({ signal, on: hearPage });
  isOpen = !page.isEmbedded;

  // ---- words and colours

  document.documentElement.lang = language;
  document.title = title;
  $('title').textContent = title;
  $('face').textContent = [...title.trim()][0].toUpperCase();
  $('log').setAttribute('aria-label', title);
  $('close').setAttribute('aria-label', texts.close);
  $('close').append(icon('close', 22));
  $('close').hidden = !page.isEmbedded;
  $('elsewhere').setAttribute('aria-label', texts.waysOpen);
  $('elsewhere').title = texts.waysOpen;
  $('elsewhere').append(icon('ways', 22));
  $('sheet').setAttribute('aria-label', texts.waysAll);
  $('typing').setAttribute('aria-label', texts.typing);
  $('drop').textContent = texts.dropHere;

  const look = () => {
    const dark = config.theme === 'dark' || (config.theme !== 'light' && isPageDark);
    return {
      ...applyLook(config.color, dark),
      isDark: dark,
      position: config.position,
      text: own(config.launcher_text),
      open: own(config.launcher_text) || texts.open,
      close: texts.close,
      dismiss: texts.dismiss,
      title,
    };
  };

  // ---- the page around

  const kept = demo ? noStorage() : storage(`beseda.${here.pathname}`, (all) => page.isKnown() && page.tell({ beseda: 'keep', kept: all }));

  function hearPage(said) {
    if (said.visit) visit = { ...said.visit, site: page.site() };
    if (typeof said.isModal === 'boolean') isModal = said.isModal;
    if (typeof said.isDark === 'boolean' && said.isDark !== isPageDark) {
      isPageDark = said.isDark;
      page.tell({ beseda: 'look', look: look() });
    }
    if (said.kept && kept.isForbidden) {
      kept.fill(said.kept);
      if (kept.get('token')) form = null;
      docked = '';
      drawWaiting();
    }
    if (said.person) person = cleaned(said.person);
    if (said.beseda === 'open' || said.beseda === 'close') isOpen = said.beseda === 'open';
    if (said.beseda === 'open') {
      clearTimeout(promptTimer);
      kept.set('prompted', true);
      start();
      scrollDown();
      if (said.focus) focusIn();
      markSeen();
    }
    if (said.beseda === 'unprompt') kept.set('prompted', true);
    if (said.beseda === 'visit') {
      if (kept.get('talked') || waits()) start();
      else if (!said.isOpen && !demo) promptLater();
    }
  }

  // The invitation: once, and to nobody who has talked.
  function promptLater() {
    const { delay, text } = config.prompt || {};
    if (!(delay > 0) || kept.get('prompted')) return;
    promptTimer = setTimeout(() => {
      kept.set('prompted', true);
      if (!isOpen) page.tell({ beseda: 'prompt', text: own(text) || texts.prompt });
    }, delay * 1000);
  }

  const close = () => page.tell({ beseda: 'close' });
  $('close').onclick = close;
  addEventListener(
    'keydown',
    (e) => {
      if (e.key === 'Escape' && !e.isComposing) $('sheet').hidden ? close() : showSheet(false);
      if (e.key === 'Tab' && isModal && page.isEmbedded) keepFocus(e, document.body);
    },
    { signal },
  );

  const focusIn = () => {
    const field = $('dock').querySelector('textarea, input:not([hidden])');
    // A phone's keyboard would cover the greeting that the person has not read yet.
    if (field && !matchMedia('(pointer: coarse)').matches) field.focus();
    else $('log').focus({ preventScroll: true });
  };

  // ---- the lines

  const isAtEnd = () => {
    const log = $('log');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
  };
  // The first words are read from their beginning.
  const scrollDown = () => {
    $('log').scrollTop = messages.size || $('waiting').firstChild ? $('log').scrollHeight : 0;
  };

  // A picture that comes in grows after it was put in.
  let isStuck = true;
  $('log').onscroll = () => {
    isStuck = isAtEnd();
  };
  $('log').addEventListener('load', () => isStuck && scrollDown(), true);

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
    if (message.from === 'visitor') askRating(null);
    if (message.from === 'visitor') scrollDown();
    else showTyping(false);
    kept.set('talked', true);
  }

  function drawWaiting() {
    const stays = isAtEnd();
    const words = box.items().map((item) => draw.waiting(item, {
      onRetry: () => box.retry(item.frame.client_id),
      onRemove: () => box.drop(item.frame.client_id),
    }));
    const files = sending.items().map((item) => draw.upload(item, {
      onRetry: () => sending.retry(item.id),
      onRemove: () => sending.drop(item.id),
    }));
    $('waiting').replaceChildren(...words, ...files);
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
    page.tell({ beseda: 'unread', count: all.length - 1 - all.findIndex((m) => m.id === seen) });
  }
  document.addEventListener('visibilitychange', () => markSeen(), { signal });
  kept.onChange('seen', () => markSeen());

  // ---- other channels, and the rating

  function showWays() {
    $('elsewhere').hidden = !ways.length;
    if (!ways.length) showSheet(false);
    $('sheet').replaceChildren(...drawSheet(ways, texts, language, { onBack: () => showSheet(false) }));
    greet();
  }

  function showSheet(on) {
    if ($('sheet').hidden === !on) return;
    $('sheet').hidden = !on;
    $('log').inert = on;
    $('dock').inert = on;
    $('elsewhere').setAttribute('aria-expanded', String(on));
    if (on) $('sheet').querySelector('a').focus();
    else $('elsewhere').focus();
  }
  $('elsewhere').onclick = () => showSheet($('sheet').hidden);

  let rated = null;
  function askRating(conversation) {
    if (rated === conversation) return;
    rated = conversation;
    const stays = isAtEnd();
    const card = conversation && drawRating(texts, (stars, text) => {
      if (!link.send({ type: 'rate', conversation, stars, text })) {
        askRating(null); // drawn anew with the next welcome
        banner(texts.lost);
      }
    });
    $('rating').replaceChildren(card || '');
    if (stays) scrollDown();
  }

  // ---- below the lines: a form, or where one writes

  const waits = () => box.items().length > 0;
  const asksRequest = () => online === false && config.offline_form && !messages.size && !waits() && !sending.items().length;

  const attach = (files) => {
    start();
    sending.add(files);
    scrollDown();
  };

  function dock() {
    const sent = box.items().some((i) => i.frame.type === 'form' && !i.failed);
    const want = form && !sent ? 'form' : asksRequest() ? 'request' : 'composer';
    const key = want === 'form' ? want + JSON.stringify(form) + formError : want + formError;
    if (key === docked) return;
    const stays = isAtEnd();
    const hadFocus = $('dock').contains(document.activeElement);
    docked = key;
    const shared = { texts, values: { ...person, ...formValues }, error: formError };
    let drawn;
    if (want === 'form') {
      drawn = [drawForm(make, {
        ...shared,
        spec: form,
        title: texts.contactTitle,
        submit: texts.contactSubmit,
        onSubmit: (given) => submit('form', given),
      })];
    } else if (want === 'request') {
      drawn = [drawForm(make, {
        ...shared,
        spec: requestForm,
        title: texts.requestTitle,
        submit: texts.requestSubmit,
        onSubmit: (given) => submit('request', given),
      })];
    } else {
      drawn = drawComposer({
        texts,
        files: config.files,
        draft: kept.get('draft') || '',
        max: config.max_text || 4000,
        onSend: (text) => {
          box.add({ type: 'message', text, language, ...(person && { person }) });
          start();
          scrollDown();
        },
        onFiles: attach,
        onInput: (text) => {
          kept.set('draft', text || null);
          if (text && Date.now() - typingTold > TYPING_EVERY) {
            typingTold = Date.now();
            link.send({ type: 'typing' });
          }
        },
      });
    }
    $('dock').replaceChildren(...drawn);
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
    box.add({ type, values, language });
    start();
    scrollDown();
  }

  let greeting = null;
  let isAway = false; // the first words stay as they were read
  function greet() {
    if (online === false && !messages.size) isAway = true;
    if (online) isAway = false;
    const text = isAway
      ? own(config.offline_text) || (config.offline_form ? texts.away : texts.awayChat)
      : own(config.greeting) || texts.greeting;
    const isFirst = !messages.size && !waits();
    const key = text + (isFirst ? ways.length : 0);
    if (greeting && greeting.key === key) return;
    const chips = isFirst ? drawChips(ways.slice(0, 3), texts, language) : null;
    const next = make('div', { className: 'hello' }, draw.greeting(text), chips || '');
    next.key = key;
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

  // ---- files dropped on the window

  const holdsFiles = (e) => config.files && !form && e.dataTransfer && [...e.dataTransfer.types].includes('Files');
  addEventListener('dragover', (e) => {
    if (!holdsFiles(e)) return;
    e.preventDefault();
    $('drop').hidden = false;
  }, { signal });
  addEventListener('dragleave', (e) => {
    if (!e.relatedTarget) $('drop').hidden = true;
  }, { signal });
  addEventListener('drop', (e) => {
    $('drop').hidden = true;
    if (!holdsFiles(e)) return;
    e.preventDefault();
    attach(e.dataTransfer.files);
  }, { signal });

  // ---- the socket

  const url = new URL('socket', here);
  url.protocol = here.protocol === 'https:' ? 'wss:' : 'ws:';

  const link = (demo ? demo.connection : connection)({
    url: url.href,
    hello: () => ({
      token: kept.get('token'),
      after: position,
      visit: visit || { site: page.site() },
      language,
    }),
    onFrame: (frame) => Object.hasOwn(frames, frame.type) && frames[frame.type](frame),
    onState: (connected) => {
      isConnected = connected;
      showState();
      if (connected) {
        isLost = false;
        banner('');
        box.resume();
        sending.pump();
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
      ways = config.other_channels && Array.isArray(frame.ways) ? frame.ways : [];
      askRating(frame.rate || null);
      showWays();
      greet();
      dock();
      scrollDown();
    },
    message(frame) {
      add(frame.message);
      greet();
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
    closed(frame) {
      lastWriter = '';
      addLine(draw.notice(texts.closed));
      askRating(frame.rate || null);
    },
    rated() {
      $('rating').replaceChildren(drawThanks(texts));
      scrollDown();
    },
    error(frame) {
      if (/token/.test(frame.code || '')) {
        kept.set('token', null);
        position = null;
        link.restart();
        return;
      }
      if (frame.code === 'not_rated') askRating(null);
      else box.trouble(frame.text);
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

  const sending = uploads({
    base: here,
    limits: config.files || { accept: '', max_bytes: 0 },
    texts,
    language,
    tokenOf: () => (isConnected ? kept.get('token') : null),
    onDone: (message) => {
      // Its place is told by the socket, which shows in order what came before it too.
      add({ ...message, position: null });
      greet();
      // The socket may not know yet whose page this is.
      link.send({ type: 'ping' });
    },
    onChange: () => drawWaiting(),
  });

  function start() {
    if (started) return;
    started = true;
    showState();
    link.start();
  }

  const watch = new ResizeObserver(() => scrollDown());
  watch.observe($('dock'));
  signal.addEventListener('abort', () => watch.disconnect());

  if (kept.get('token')) form = null;
  greet();
  drawWaiting();
  if (page.isEmbedded) {
    page.tell({ beseda: demo && demo.isAgain ? 'look' : 'ready', look: look() });
  } else {
    look();
    visit = { page: location.href.split('#')[0], title, referrer: document.referrer, utm: {}, site: location.origin };
    start();
    focusIn();
  }
  return { start, showSheet, look: () => page.tell({ beseda: 'look', look: look() }), tell: page.tell, texts, own };
}

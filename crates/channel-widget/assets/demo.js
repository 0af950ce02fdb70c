// The preview in the cabinet: the real window with a visitor, an operator and an hour that are made
// up. Nothing is sent or kept.

import { run } from './talk.js';

const WAYS = [{ kind: 'telegram_bot', title: '@primer_bot' }];

const SAMPLES = {
  ru: {
    author: 'Анна',
    asks: 'Здравствуйте. Есть ли эта модель в размере 42?',
    answers: 'Добрый день. Да, осталась одна пара, могу отложить для вас до завтра.',
    thanks: 'Отложите, пожалуйста. Заберу вечером.',
    files: 'Отложила. Вот адрес магазина: https://shop.example/kontakty',
  },
  en: {
    author: 'Anna',
    asks: 'Hello. Is this model there in size 42?',
    answers: 'Good day. Yes, one pair is left. Shall I put it aside until tomorrow?',
    thanks: 'Please do. I will come in the evening.',
    files: 'Done. Here is where to find us: https://shop.example/contacts',
  },
};

function talk(language, ended) {
  const say = SAMPLES[language];
  const start = Date.now() - 12 * 60000;
  const lines = [
    { from: 'visitor', text: say.asks },
    { from: 'operator', author: say.author, text: say.answers },
    { from: 'visitor', text: say.thanks },
    { from: 'operator', author: say.author, text: say.files },
  ];
  return lines.slice(0, ended ? 4 : 3).map((line, n) => ({
    ...line,
    id: 'demo-' + n,
    position: n + 1,
    at: new Date(start + n * 70000).toISOString(),
    status: 'read',
  }));
}

function connectionOf(config, { state, channels, language }) {
  return ({ onFrame, onState }) => ({
    start() {
      const isTalk = state === 'chat' || state === 'rating';
      onFrame({
        type: 'welcome',
        online: state !== 'offline',
        messages: isTalk ? talk(language, state === 'rating') : [],
        position: 9,
        form: state === 'form' ? config.contact_form : null,
        ways: (channels || WAYS).map((way) => ({ ...way, url: way.url || 'https://t.me/' })),
      });
      onState(true);
      if (state === 'rating') onFrame({ type: 'closed', rate: config.rating ? 'demo' : null });
    },
    // Whatever is written is taken.
    send(frame) {
      if (frame.type === 'rate') setTimeout(() => onFrame({ type: 'rated' }), 200);
      if (!frame.client_id) return true;
      const text = frame.text || Object.values(frame.values || {}).join('\n');
      const message = { id: frame.client_id, from: 'visitor', text, at: new Date().toISOString(), status: 'read' };
      setTimeout(() => onFrame({ type: 'accepted', client_id: frame.client_id, message }), 200);
      return true;
    },
    restart() {},
  });
}

export function showPreview(first, surroundings) {
  let config = first;
  let told = { state: 'chat' };
  let abort = new AbortController();
  let isAgain = false;
  let isShown = false; // from the first word of the page around on

  function show() {
    abort.abort();
    abort = new AbortController();
    const state = told.state;
    const ofPage = told.language || surroundings.ofPage;
    const spoken = { ...config, ...(told.language && { language: told.language }), ...(told.theme && { theme: told.theme }) };
    // Files would need a server that takes them.
    const language = spoken.language === 'auto' ? (ofPage === 'en' ? 'en' : 'ru') : spoken.language;
    const demo = { isAgain, connection: connectionOf(spoken, { ...told, language }) };
    const shown = run({ ...spoken, language }, { ...surroundings, ofPage, signal: abort.signal, demo });
    isAgain = true;
    shown.start();
    if (!['closed', 'prompt'].includes(state) && isShown) shown.tell({ beseda: 'open' });
    if (state === 'channels') shown.showSheet(true);
    if (state === 'prompt') shown.tell({ beseda: 'prompt', text: shown.own(spoken.prompt.text) || shown.texts.prompt });
  }

  addEventListener('message', (event) => {
    if (event.source !== parent || event.origin !== location.origin || !event.data) return;
    if (event.data.beseda !== 'preview') return;
    config = event.data.config || config;
    told = { ...told, ...event.data.told };
    isShown = true;
    show();
  });
  // Links of the sample lead nowhere.
  addEventListener('click', (event) => event.target.closest && event.target.closest('a') && event.preventDefault());
  show();
  parent.postMessage({ besedaPreview: 'ready' }, location.origin);
}

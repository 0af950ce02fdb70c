// A pretend site for the cabinet's preview: the real loader and window stand on it. The cabinet says
// by message what to show:
//   { type: 'beseda.preview', settings, state, language, theme, channels }
// Messages count from the page around alone, and only when it is of our own origin.

const STATES = ['closed', 'prompt', 'form', 'chat', 'offline', 'channels', 'rating'];
const SOON = 120;

let told = { state: 'chat' };
let settings = {};
let config = null;
let frame = null;
let timer = 0;
let asked = 0;

async function show() {
  const mine = ++asked;
  try {
    const answer = await fetch('config', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(settings),
    });
    if (answer.ok && mine === asked) config = await answer.json();
  } catch (e) {
    // what is shown stays
  }
  if (mine === asked) draw();
}

function draw() {
  if (!frame || !config || !window.Beseda) return;
  const isDark = (told.theme || config.theme) === 'dark';
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
  if (told.state === 'closed' || told.state === 'prompt') window.Beseda.close();
  frame.postMessage({ beseda: 'preview', config, told }, location.origin);
}

addEventListener('message', (event) => {
  if (event.origin !== location.origin || !event.data) return;
  if (event.data.besedaPreview === 'ready' && event.source !== window.parent) {
    frame = event.source;
    show();
    return;
  }
  if (event.source !== window.parent || event.data.type !== 'beseda.preview') return;
  const { state, language, theme, channels } = event.data;
  if (event.data.settings && typeof event.data.settings === 'object') settings = event.data.settings;
  if (STATES.includes(state)) told.state = state;
  if (language === 'ru' || language === 'en') told.language = language;
  if (theme === 'light' || theme === 'dark') told.theme = theme;
  if (Array.isArray(channels)) told.channels = channels.map(({ kind, name }) => ({ kind: String(kind), title: String(name || '') }));
  clearTimeout(timer);
  timer = setTimeout(show, SOON);
});

for (const storage of [localStorage, sessionStorage]) storage.removeItem('beseda.open');
const script = document.createElement('script');
script.src = new URL('../preview.js', location.href);
document.head.append(script);
if (window.parent !== window) parent.postMessage({ type: 'beseda.preview.ready' }, location.origin);

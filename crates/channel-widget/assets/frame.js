// The start of the chat window, inside an iframe of our own origin: fetches what the settings say,
// and begins the talk; in the cabinet's preview, as often as the settings change.

import { backoff } from './connection.js';
import { run } from './talk.js';

const [ofPage, shade] = location.hash.slice(1).split('-');

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

loadConfig().then(async (config) => {
  if (!config) return;
  const isDark = shade === 'dark';
  if (config.preview) (await import('./demo.js')).showPreview(config, { ofPage, isDark });
  else run(config, { ofPage, isDark, signal: new AbortController().signal });
});

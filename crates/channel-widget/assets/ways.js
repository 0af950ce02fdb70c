// The company's other channels: a few chips below the greeting, and a sheet over the talk. The links
// carry the visitor's mark, so that the source comes along.

import { icon, link, make } from './view.js';

const BRANDS = {
  telegram_bot: '#1f8fce',
  telegram: '#4a6fd8',
  whatsapp: '#1c9a4b',
  viber: '#6f5ae0',
  vk: '#0a6ef0',
  avito: '#7a4bd1',
  autoru: '#d3392b',
};

// A bot of Viber is opened by its application alone, which has a scheme of its own.
const SCHEMES = ['https:', 'viber:'];

const safe = (ways) =>
  (Array.isArray(ways) ? ways : []).flatMap((way) => {
    try {
      const url = new URL(way.url);
      return SCHEMES.includes(url.protocol) ? [{ ...way, url }] : [];
    } catch (e) {
      return [];
    }
  });

export function drawWays(ways, texts, language, onGo) {
  const rows = safe(ways).map((way) => {
    const name = texts.kinds[way.kind] || (way.name && way.name[language]) || way.kind;
    const badge = make('span', { className: 'badge' }, icon(way.kind.startsWith('telegram') ? 'plane' : 'talk', 20));
    badge.style.setProperty('--brand', BRANDS[way.kind] || '#5c6b7a');
    const row = link(way.url, badge, make('span', { className: 'way-name' }, name), make('small', {}, way.title || ''));
    row.onclick = onGo;
    row.className = 'way';
    return row;
  });
  return rows;
}

// Below the greeting, while nothing is said yet.
export function drawChips(ways, texts, language, onGo) {
  const rows = drawWays(ways, texts, language, onGo);
  if (!rows.length) return null;
  return make('div', { className: 'chips' }, make('p', {}, texts.waysTitle), ...rows);
}

export function drawSheet(ways, texts, language, { onGo, onBack }) {
  const rows = drawWays(ways, texts, language, onGo);
  const back = make('button', { type: 'button', className: 'quiet', onclick: onBack }, texts.back);
  return [make('h2', {}, texts.waysAll), make('p', {}, texts.waysHint), ...rows, back];
}

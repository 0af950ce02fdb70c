// Everything that is drawn. Words of people go in by textContent alone; colours by CSSOM, because
// the frame's policy allows no inline style.

export function make(name, props = {}, ...children) {
  const el = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (key in el) el[key] = value;
    else el.setAttribute(key, value);
  }
  el.append(...children);
  return el;
}

const PATHS = {
  close: 'M6 6l12 12M18 6 6 18',
  down: 'M6 9.5l6 6 6-6',
  clip: 'M19.5 11.5 12 19a5 5 0 0 1-7-7l8-8a3.3 3.3 0 0 1 4.7 4.7l-8 8a1.7 1.7 0 0 1-2.4-2.4l7.2-7.2',
  plane: 'M20.5 4 3.5 10.8l5.8 2.1L18 6.6l-6.6 7.6v5.3l2.9-3.5 4 3L20.5 4Z',
  talk: 'M12 4.5c-4.7 0-8.5 3-8.5 6.9 0 2.1 1.2 4 3 5.3-.1 1.1-.6 2.1-1.4 3 1.7-.1 3.2-.7 4.4-1.5.8.2 1.6.2 2.5.2 4.7 0 8.5-3.1 8.5-7S16.7 4.5 12 4.5Z',
  ways: 'M4 5h10.5v7.5H8L4 15.5ZM18 9h2.5v10l-3.8-3h-6.2v-.5',
  file: 'M7 3.5h6.5L18.5 8.5V20.5H7ZM13.5 3.5v5h5',
  star: 'M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8-4.2-4.1 5.8-.8Z',
  send: 'M5 12h13M12 5.5l6.5 6.5-6.5 6.5',
  waiting: 'M12 7v5l3.5 2M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0Z',
  sent: 'M5 12.5l4.5 4.5L19 7.5',
  delivered: 'M1.5 12.5 6 17l9.5-9.5M11.5 16l1 1L22 7.5',
};
PATHS.read = PATHS.delivered;

export function icon(name, size, label) {
  const ns = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(ns, 'svg');
  const path = document.createElementNS(ns, 'path');
  const set = (el, all) => Object.entries(all).forEach(([k, v]) => el.setAttribute(k, v));
  set(svg, { viewBox: '0 0 24 24', width: size, height: size, fill: 'none' });
  set(svg, label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' });
  set(path, {
    d: PATHS[name],
    stroke: 'currentColor',
    'stroke-width': 2,
    'stroke-linecap': 'round',
    'stroke-linejoin': 'round',
  });
  svg.append(path);
  return svg;
}

// The text with its http(s) addresses as links. Nothing else ever becomes a link.
export function linked(text) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(/https?:\/\/[^\s<>"'`]+/gi)) {
    const address = found[0].replace(/[.,;:!?…»”)\]}]+$/, '');
    let url;
    try {
      url = new URL(address);
    } catch (e) {
      continue;
    }
    if (url.protocol !== 'https:' && url.protocol !== 'http:') continue;
    parts.push(text.slice(from, found.index), link(url, address));
    from = found.index + address.length;
  }
  parts.push(text.slice(from));
  return parts;
}

export const link = (url, ...children) =>
  make('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer nofollow' }, ...children);

function size(bytes, units) {
  if (!(bytes > 0)) return '';
  const power = Math.min(2, Math.floor(Math.log(bytes) / Math.log(1000)));
  const number = bytes / 1000 ** power;
  return `${number < 10 && power ? number.toFixed(1) : Math.round(number)}\u00a0${units[power]}`;
}

function file(given, texts) {
  let url;
  try {
    url = new URL(given.url, location.href);
  } catch (e) {
    return make('span', { className: 'file' }, given.name || texts.file);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return make('span', { className: 'file' }, given.name || texts.file);
  }
  // Images of another host (an object store) are shut out by the frame's policy: a link then.
  if (given.kind === 'image' && url.origin === location.origin) {
    const img = make('img', { src: url.href, alt: given.name || texts.image, loading: 'lazy' });
    const photo = link(url, img);
    photo.className = 'photo';
    return photo;
  }
  const row = link(url, given.name || texts.file, ' ', make('small', {}, size(given.size, texts.units)));
  row.className = 'file';
  return row;
}

export function drawing(texts, language) {
  const timeOf = (at) => at.toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' });

  // `sent`, `delivered` … with the time; or the mark of what still waits.
  const meta = (at, status) => {
    const el = make('div', { className: 'meta' });
    if (at) el.append(timeOf(at));
    if (status) el.append(icon(status, 14, texts[status]));
    return el;
  };

  const body = (bubble, text, files) => {
    for (const given of files || []) bubble.append(file(given, texts));
    if (text) bubble.append(...linked(text));
    return bubble;
  };

  return {
    meta,

    message(message, isFirst, status) {
      const mine = message.from === 'visitor';
      const at = new Date(message.at);
      const auto = message.from === 'auto' ? ' auto' : '';
      const bubble = make('div', { className: 'bubble' + auto, dir: 'auto' });
      body(bubble, message.text, message.files);
      const line = make('div', { className: `line ${mine ? 'mine' : 'theirs'}${isFirst ? ' first' : ''}` });
      if (!mine && isFirst && message.author) {
        line.append(make('div', { className: 'author' }, message.author));
      }
      line.append(bubble);
      const valid = !Number.isNaN(at.getTime());
      line.append(meta(valid ? at : null, mine ? status : ''));
      return line;
    },

    upload(item, { onRetry, onRemove }) {
      const share = Math.round(item.done * 100);
      const bar = make('progress', { max: 100, value: share });
      bar.setAttribute('aria-label', texts.uploading);
      const name = make('span', { className: 'file' }, icon('file', 18), ' ', item.file.name || texts.file, ' ',
        make('small', {}, size(item.file.size, texts.units)));
      const bubble = make('div', { className: 'bubble dim', dir: 'auto' }, name);
      const line = make('div', { className: 'line mine' }, bubble);
      const remove = make('button', { type: 'button', onclick: onRemove }, item.failed ? texts.remove : texts.cancel);
      if (!item.failed) {
        bubble.append(bar);
        line.append(make('div', { className: 'failed calm' }, remove));
        return line;
      }
      const retry = make('button', { type: 'button', onclick: onRetry }, texts.retry);
      line.append(make('div', { className: 'failed', role: 'alert' }, item.failed, ' ', ...(item.isHopeless ? [] : [retry]), remove));
      return line;
    },

    greeting: (text) =>
      make('div', { className: 'line theirs first' },
        make('div', { className: 'bubble', dir: 'auto' }, ...linked(text))),

    waiting(item, { onRetry, onRemove }) {
      const { frame, failed } = item;
      const text = frame.text || Object.entries(frame.values || {})
        .map(([key, value]) => `${texts.fields[key] || key}: ${value}`)
        .join('\n');
      const bubble = make('div', { className: 'bubble dim', dir: 'auto' }, ...linked(text));
      const line = make('div', { className: 'line mine' }, bubble);
      if (!failed) {
        line.append(meta(new Date(item.at), 'waiting'));
        return line;
      }
      const retry = make('button', { type: 'button', onclick: onRetry }, texts.retry);
      const remove = make('button', { type: 'button', onclick: onRemove }, texts.remove);
      const why = failed.trim() || texts.failed;
      line.append(make('div', { className: 'failed', role: 'alert' }, why, ' ', retry, remove));
      return line;
    },

    notice: (text) => make('p', { className: 'notice' }, text),

    day(at) {
      const today = new Date();
      const before = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
      const same = (a, b) => a.toDateString() === b.toDateString();
      const year = at.getFullYear() === today.getFullYear() ? undefined : 'numeric';
      const text = same(at, today) ? texts.today
        : same(at, before) ? texts.yesterday
        : at.toLocaleDateString(language, { day: 'numeric', month: 'long', year });
      return make('p', { className: 'day' }, text);
    },
  };
}

// Files on their way: one after another, each by one request. They live in this page alone; a reload
// forgets what was not sent. The page's own id makes a repeat harmless.

import { newId } from './outbox.js';

const AGAIN_AFTER = 5000;

const endingOf = (name) => (name.includes('.') ? '.' + name.split('.').pop().toLowerCase() : '');

// Why a file cannot go, said before it is sent; empty when it can.
export function wrongFile(file, limits, texts) {
  const accepted = limits.accept.split(',');
  if (!accepted.includes(endingOf(file.name))) return texts.badType;
  if (file.size > limits.max_bytes) return texts.tooLarge(Math.floor(limits.max_bytes / 2 ** 20));
  if (!file.size) return texts.emptyFile;
  return '';
}

export function uploads({ base, limits, texts, language, tokenOf, onDone, onChange }) {
  let items = [];
  let going = null;
  let timer = 0;
  const change = (next) => {
    items = next;
    onChange();
  };
  const patch = (id, part) => change(items.map((i) => (i.id === id ? { ...i, ...part } : i)));
  const drop = (id) => change(items.filter((i) => i.id !== id));
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(pump, AGAIN_AFTER);
  };

  function pump() {
    const next = items.find((i) => !i.failed);
    const token = tokenOf();
    if (going || !next || !token) return;
    const request = new XMLHttpRequest();
    going = { id: next.id, request };
    const query = new URLSearchParams({ client_id: next.id, name: next.file.name });
    request.open('POST', new URL('files?' + query, base));
    request.setRequestHeader('authorization', 'Bearer ' + token);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.upload.onprogress = (e) => e.lengthComputable && patch(next.id, { done: e.loaded / e.total });
    request.onloadend = () => {
      going = null;
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (e) {
        // no answer of ours
      }
      if (request.status === 201) {
        drop(next.id);
        onDone(answer.message);
      } else if (!items.some((i) => i.id === next.id)) {
        // taken back meanwhile
      } else if ([0, 408, 429, 502, 503, 504].includes(request.status)) {
        patch(next.id, { done: 0 });
        return later();
      } else {
        patch(next.id, { failed: (answer.detail && answer.detail[language]) || texts.failed });
      }
      pump();
    };
    request.send(next.file);
  }

  return {
    items: () => items,
    add(files) {
      const made = [...files].map((file) => {
        const failed = wrongFile(file, limits, texts);
        return { id: newId(), file, done: 0, at: Date.now(), failed, isHopeless: Boolean(failed) };
      });
      change([...items, ...made]);
      pump();
    },
    retry(id) {
      patch(id, { failed: '', done: 0 });
      pump();
    },
    drop(id) {
      drop(id);
      if (going && going.id === id) going.request.abort();
    },
    pump,
  };
}

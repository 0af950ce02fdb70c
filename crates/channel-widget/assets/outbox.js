// What the visitor wrote and the server has not confirmed. It survives a reload; the server
// recognises a repeated client_id, so sending twice is safe. One at a time, so that order stays.

const ANSWER_WITHIN = 20000;
const PAUSE = 5000;
const MOST_TROUBLES = 4;
const PASSING = /rate|too_many|too_fast|busy|unavailable|later/;

// Storage of this site's visitors. Where the browser forbids the frame one of its own (blocked
// third-party cookies), memory holds it and the page around is asked to keep it: the company's own
// site then holds the visitor's token, which its scripts could read, but the talk survives a reload.
export function storage(prefix, askPage) {
  const memory = new Map();
  let isForbidden = false;
  try {
    localStorage.getItem(prefix);
  } catch (e) {
    isForbidden = true;
  }
  return {
    isForbidden,
    // What the page kept; this page's own values are newer.
    fill(values) {
      for (const [key, value] of Object.entries(values)) if (!memory.has(key)) memory.set(key, value);
    },
    get(key) {
      try {
        const text = localStorage.getItem(prefix + key);
        if (text !== null) return JSON.parse(text);
      } catch (e) {
        // forbidden or spoilt: memory is the answer
      }
      return memory.has(key) ? memory.get(key) : null;
    },
    set(key, value) {
      memory.set(key, value);
      try {
        if (value === null) localStorage.removeItem(prefix + key);
        else localStorage.setItem(prefix + key, JSON.stringify(value));
      } catch (e) {
        askPage(Object.fromEntries(memory));
      }
    },
    // Another tab changed something.
    onChange(key, call) {
      addEventListener('storage', (e) => e.key === prefix + key && call());
    },
  };
}

// Nothing is kept: for the preview, which has no visitor.
export function noStorage() {
  const memory = new Map();
  return {
    isForbidden: false,
    fill() {},
    get: (key) => (memory.has(key) ? memory.get(key) : null),
    set: (key, value) => memory.set(key, value),
    onChange() {},
  };
}

// Random ids also where the page is not a secure context, which has no randomUUID.
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

export function outbox({ kept, send, onChange, onRefused }) {
  let inflight = null;
  let timer = 0;
  let ready = false;
  let troubles = 0;

  const items = () => {
    const found = kept.get('outbox');
    return Array.isArray(found) ? found : [];
  };
  const write = (next) => {
    kept.set('outbox', next);
    onChange();
  };
  const drop = (id) => write(items().filter((i) => i.frame.client_id !== id));
  const later = (after) => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      inflight = null;
      pump();
    }, after);
  };

  function pump() {
    if (!ready || inflight) return;
    const next = items().find((i) => !i.failed);
    if (!next || !send(next.frame)) return;
    inflight = next.frame.client_id;
    later(ANSWER_WITHIN);
  }
  const settled = (id) => {
    if (inflight === id) {
      clearTimeout(timer);
      inflight = null;
      troubles = 0;
    }
    pump();
  };

  kept.onChange('outbox', onChange);

  return {
    items,
    drop,
    add(frame) {
      write([...items(), { frame: { ...frame, client_id: newId() }, at: Date.now() }]);
      pump();
    },
    retry(id) {
      write(items().map((i) => (i.frame.client_id === id ? { ...i, failed: undefined } : i)));
      pump();
    },
    accepted(id) {
      drop(id);
      settled(id);
    },
    refused(id, code, text) {
      const item = items().find((i) => i.frame.client_id === id);
      if (!item) return settled(id);
      if (PASSING.test(code || '')) return later(PAUSE);
      if (onRefused(item.frame, text)) drop(id);
      else write(items().map((i) => (i.frame.client_id === id ? { ...i, failed: text || ' ' } : i)));
      settled(id);
    },
    // The server is in trouble and names no message: the one under way waits, and is given up
    // when it seems to be the cause.
    trouble(text) {
      if (!inflight) return;
      if (++troubles < MOST_TROUBLES) later(PAUSE);
      else this.refused(inflight, 'trouble', text);
    },
    resume() {
      ready = true;
      inflight = null;
      pump();
    },
    stop() {
      ready = false;
      inflight = null;
      clearTimeout(timer);
    },
  };
}

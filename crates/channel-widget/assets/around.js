// The page around the frame: what it tells, and what it is told.

export function around({ signal, on }) {
  const isEmbedded = window.parent !== window;
  let origin = ''; // unknown until the page has spoken

  addEventListener(
    'message',
    (event) => {
      if (!isEmbedded || event.source !== window.parent) return;
      if (!event.data || !event.data.beseda) return;
      origin = event.origin === 'null' ? '' : event.origin;
      on(event.data, event.origin);
    },
    { signal },
  );

  return {
    isEmbedded,
    site: () => origin || location.origin,
    isKnown: () => Boolean(origin),
    // Before the page has spoken, what goes to it holds nothing of the visitor.
    tell: (message) => isEmbedded && parent.postMessage(message, origin || '*'),
  };
}

// What a site told of its visitor by Beseda.identify.
export function cleaned(told) {
  const clean = {};
  for (const key of ['name', 'phone', 'email']) {
    if (typeof told[key] === 'string' && told[key].trim()) clean[key] = told[key].trim().slice(0, 200);
  }
  return clean;
}

// Where the window covers the whole screen, Tab stays in it; elsewhere the page is a Tab away.
export function keepFocus(event, root) {
  const all = [...root.querySelectorAll('a[href], button, input, textarea, [tabindex="0"]')];
  const reachable = all.filter((el) => !el.disabled && el.getClientRects().length);
  if (!reachable.length) return;
  const [first, last] = [reachable[0], reachable[reachable.length - 1]];
  const at = document.activeElement;
  if (event.shiftKey ? at === first || !root.contains(at) : at === last || !root.contains(at)) {
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }
}

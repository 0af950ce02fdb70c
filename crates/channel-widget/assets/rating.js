// How the talk was: five stars that are radio buttons, then a few words if one likes.

import { icon, make } from './view.js';

export function drawRating(texts, onRate) {
  let stars = 0;
  const labels = texts.stars.map((name, at) => {
    const input = make('input', { type: 'radio', name: 'stars', value: String(at + 1), className: 'unseen' });
    input.setAttribute('aria-label', name);
    const label = make('label', { className: 'star', title: name }, input, icon('star', 32));
    input.onchange = () => choose(at + 1);
    return label;
  });
  const row = make('div', { className: 'stars' }, ...labels);
  const said = make('p', { className: 'said', ariaLive: 'polite' }, texts.rateHint);
  const field = make('textarea', { rows: 2, maxLength: 1000, placeholder: texts.rateText });
  field.setAttribute('aria-label', texts.rateText);
  const send = make('button', { type: 'submit' }, texts.rateSend);
  const more = make('div', { className: 'more', hidden: true });
  const group = make('fieldset', {}, make('legend', {}, texts.rateTitle), row, said);
  const form = make('form', { className: 'card form' }, group, more);

  // The field comes with the stars: until then there is one place to write in.
  function choose(n) {
    stars = n;
    labels.forEach((label, at) => label.classList.toggle('on', at < n));
    said.textContent = texts.stars[n - 1];
    if (more.hidden) more.append(field, send);
    more.hidden = false;
    const log = form.closest('.log');
    log.scrollTop = log.scrollHeight;
  }
  form.onsubmit = (event) => {
    event.preventDefault();
    if (!stars) return;
    send.disabled = true;
    onRate(stars, field.value.trim());
  };
  return form;
}

export const drawThanks = (texts) =>
  make('p', { className: 'card thanks', role: 'status' }, icon('sent', 20), ' ', texts.rateThanks);

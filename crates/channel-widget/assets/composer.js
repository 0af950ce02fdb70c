// Where one writes: the text, a file button with its limits, and what is said of the length.

import { icon, make } from './view.js';

export function drawComposer({ texts, draft, max, files, onSend, onInput, onFiles }) {
  const field = make('textarea', { rows: 1, placeholder: texts.placeholder });
  field.setAttribute('aria-label', texts.placeholder);
  field.enterKeyHint = 'send';
  field.value = draft;
  const left = make('span', { className: 'left', role: 'status' });
  const send = make('button', { type: 'submit', className: 'send' }, icon('send', 22));
  send.setAttribute('aria-label', texts.send);
  const form = make('form', { className: 'composer' });
  if (files) {
    const input = make('input', { type: 'file', multiple: true, accept: files.accept, hidden: true });
    const hint = texts.filesHint(Math.floor(files.max_bytes / 2 ** 20));
    const clip = make('button', { type: 'button', className: 'clip', title: hint }, icon('clip', 22));
    clip.setAttribute('aria-label', `${texts.attach}. ${hint}`);
    clip.onclick = () => input.click();
    input.onchange = () => {
      onFiles(input.files);
      input.value = '';
      field.focus();
    };
    field.onpaste = (e) => {
      if (!e.clipboardData || !e.clipboardData.files.length) return;
      e.preventDefault();
      onFiles(e.clipboardData.files);
    };
    form.append(clip, input);
  }
  form.append(field, left, send);

  const lengthOf = () => [...field.value].length;
  const fit = () => {
    field.style.height = '44px';
    field.style.height = Math.min(132, field.scrollHeight) + 'px';
    const over = lengthOf() - max;
    left.textContent = over > -200 ? String(-over).replace('-', '−') : '';
    left.className = over > 0 ? 'left over' : 'left';
    left.title = over > 0 ? texts.over(over) : '';
    send.setAttribute('aria-disabled', String(!field.value.trim() || over > 0));
  };
  field.oninput = () => {
    fit();
    onInput(field.value);
  };
  field.onkeydown = (e) => {
    // 229: an input method still composes, in browsers that do not say so.
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || e.keyCode === 229) return;
    e.preventDefault();
    form.requestSubmit ? form.requestSubmit() : form.onsubmit(e);
  };
  form.onsubmit = (e) => {
    e.preventDefault();
    if (send.getAttribute('aria-disabled') === 'true') return;
    // Half of a surrogate pair is no text: the server could not read the frame.
    const text = Array.from(field.value, (c) => (/^[\ud800-\udfff]$/.test(c) ? '\ufffd' : c));
    field.value = '';
    fit();
    onInput('');
    field.focus();
    onSend(text.join(''));
  };
  requestAnimationFrame(fit);
  if (!files) return [form];
  // Said before anything is chosen; the button says the same to those who do not see it.
  const hint = make('p', { className: 'hint', ariaHidden: 'true' }, texts.filesHint(Math.floor(files.max_bytes / 2 ** 20)));
  return [form, hint];
}

// The contact form (before the talk goes on) and the request form (when nobody is there).

const MOST = { name: 200, phone: 40, email: 254, text: 4000 };
const KINDS = {
  name: { type: 'text', autocomplete: 'name' },
  phone: { type: 'tel', autocomplete: 'tel', inputMode: 'tel' },
  email: { type: 'email', autocomplete: 'email', inputMode: 'email' },
};

const isPhone = (text) => {
  const digits = text.replace(/\D/g, '').length;
  return digits >= 5 && digits <= 15 && /^[\d+\-(). \u00a0–]+$/.test(text);
};
const isEmail = (text) => /^[^\s<>,]+@[^\s<>,@.]+(\.[^\s<>,@.]+)+$/.test(text);

// What is wrong with each field, by key.
export function wrongFields(fields, values, texts) {
  const wrong = {};
  for (const { key, required } of fields) {
    const value = values[key] || '';
    if (!value && required) wrong[key] = texts.required;
    else if (value && key === 'phone' && !isPhone(value)) wrong.phone = texts.badPhone;
    else if (value && key === 'email' && !isEmail(value)) wrong.email = texts.badEmail;
  }
  return wrong;
}

export const requestForm = {
  title: '',
  submit: '',
  oneOf: ['phone', 'email'],
  fields: [
    { key: 'name', label: '', required: true },
    { key: 'phone', label: '', required: false },
    { key: 'email', label: '', required: false },
    { key: 'text', label: '', required: true },
  ],
};

export function drawForm(make, { spec, texts, title, submit, values, error, onSubmit }) {
  const rows = spec.fields.map(({ key, label, required }) => {
    const id = 'field-' + key;
    const input = make(key === 'text' ? 'textarea' : 'input', { id, name: key, ...KINDS[key] });
    input.maxLength = MOST[key] || 1000;
    input.value = values[key] || '';
    if (required) input.setAttribute('aria-required', 'true');
    input.setAttribute('aria-describedby', id + '-wrong');
    const wrong = make('p', { className: 'wrong', id: id + '-wrong', hidden: true });
    const name = label || texts.fields[key] || key;
    const optional = required || spec.oneOf ? '' : ` (${texts.optional})`;
    const caption = make('label', { htmlFor: id }, name + optional);
    return { key, input, wrong, row: make('div', {}, caption, input, wrong) };
  });
  const general = make('p', { className: 'wrong', role: 'alert', hidden: !error }, error || '');
  const button = make('button', { type: 'submit' }, spec.submit || submit);
  const heading = make('h2', {}, spec.title || title);
  // Phone and e-mail stand side by side: either is enough.
  const parts = rows.map((r) => r.row);
  const at = spec.oneOf ? rows.findIndex((r) => r.key === spec.oneOf[0]) : -1;
  if (at >= 0) parts.splice(at, 2, make('div', { className: 'pair' }, parts[at], parts[at + 1]));
  const form = make('form', { className: 'form', noValidate: true }, heading, ...parts, general, button);

  form.onsubmit = (event) => {
    event.preventDefault();
    const given = {};
    for (const { key, input } of rows) {
      const value = input.value.trim();
      if (value) given[key] = value;
    }
    const wrong = wrongFields(spec.fields, given, texts);
    for (const row of rows) {
      row.wrong.textContent = wrong[row.key] || '';
      row.wrong.hidden = !wrong[row.key];
      row.input.setAttribute('aria-invalid', String(Boolean(wrong[row.key])));
    }
    const unreachable = spec.oneOf && !spec.oneOf.some((key) => given[key]);
    general.textContent = unreachable ? texts.reach : '';
    general.hidden = !unreachable;
    const first = rows.find((r) => wrong[r.key]);
    if (first) first.input.focus();
    else if (unreachable) rows.find((r) => spec.oneOf.includes(r.key)).input.focus();
    else onSubmit(given);
  };
  return form;
}

// Colours: the company's accent made readable, and the light or dark of the page around.

const WHITE = '#ffffff';
const INK = '#15202a';

const parts = (color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
const hex = (rgb) => '#' + rgb.map((n) => Math.round(n).toString(16).padStart(2, '0')).join('');
const mix = (color, other, share) => {
  const [a, b] = [parts(color), parts(other)];
  return hex(a.map((n, i) => n + (b[i] - n) * share));
};

// WCAG 2.1: relative luminance and contrast.
const luminance = (color) => {
  const [r, g, b] = parts(color).map((n) => {
    const part = n / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
export const contrast = (a, b) => {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
};

// The accent as a ground with words on it. A colour on which white is nearly readable is darkened
// a little, because that is what its company means; a light one takes dark words.
export function accentOf(color) {
  let fill = /^#[0-9a-f]{6}$/i.test(color) ? color.toLowerCase() : '#0b6e5f';
  if (contrast(fill, WHITE) < 2.8) return { fill, ink: INK };
  while (contrast(fill, WHITE) < 4.6) fill = mix(fill, '#000000', 0.03);
  return { fill, ink: WHITE };
}

// The accent as a line or a word on a pane: moved away from the pane until it can be seen.
function onPane(color, pane, least) {
  const away = luminance(pane) > 0.5 ? '#000000' : WHITE;
  let seen = color;
  for (let i = 0; i < 40 && contrast(seen, pane) < least; i++) seen = mix(seen, away, 0.06);
  return seen;
}

export function applyLook(color, isDark) {
  const { fill, ink } = accentOf(color);
  const pane = isDark ? '#12191f' : WHITE;
  const root = document.documentElement;
  root.dataset.theme = isDark ? 'dark' : 'light';
  const set = (name, value) => root.style.setProperty(name, value);
  set('--accent', fill);
  set('--on-accent', ink);
  set('--ring', onPane(fill, pane, 3.2));
  set('--accent-text', onPane(fill, pane, 4.8));
  set('--soft', mix(fill, pane, isDark ? 0.82 : 0.9));
  return { color: fill, ink };
}

// The page where a person tries the widget before putting it on a site.

const loader = location.pathname.replace(/\/test\.html$/, '.js');
const $ = (id) => document.getElementById(id);

const script = document.createElement('script');
script.src = loader;
script.async = true;
document.head.append(script);

$('code').textContent = `<script async src="${location.origin}${loader}"></` + 'script>';
$('marked').href = '?utm_source=test&utm_medium=cpc&utm_campaign=trial&yclid=12345';

$('open').onclick = () => window.Beseda.open();
$('close').onclick = () => window.Beseda.close();
$('identify').onclick = () =>
  window.Beseda.identify({ name: 'Иван Петров', phone: '+7 912 345-67-89', email: 'ivan@shop.test' });

$('hostile').onclick = () => {
  const on = $('hostile').getAttribute('aria-pressed') !== 'true';
  $('hostile').setAttribute('aria-pressed', String(on));
  const known = document.querySelector('link[href="hostile.css"]');
  if (known) known.disabled = !on;
  else document.head.append(Object.assign(document.createElement('link'), { rel: 'stylesheet', href: 'hostile.css' }));
};

$('forget').onclick = () => {
  for (const storage of [localStorage, sessionStorage]) {
    for (const key of Object.keys(storage)) if (key.startsWith('beseda.')) storage.removeItem(key);
  }
  location.reload();
};

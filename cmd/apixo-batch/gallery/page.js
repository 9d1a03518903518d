'use strict';
// The page's state is the fragment of its URL; render makes the page of it.
(() => {
  const $ = id => document.getElementById(id);
  const data = JSON.parse($('data').textContent);
  const items = data.items;
  const axes = new Map(data.tasks.map(t => [t.name, t.axes || []]));
  const statuses = ['succeeded', 'not on disk', 'rejected', 'failed', 'in doubt', 'running', 'waiting'];
  const views = ['results', 'compare', 'timeline'];
  const tilesPerPage = 60, rowsPerPage = 20, maxColumns = 40;
  const tilesOnPaper = 600, rowsOnPaper = 200; // what a print shows of all that is found
  const only = data.tasks.length === 1 ? data.tasks[0].name : '';
  const defaults = {view: 'results', task: only, state: '', q: '', sort: '', by: '', page: '1', open: ''};
  let at = {...defaults}, found = [], pages = 1, printing = false;

  for (const i of items) {
    const parameters = (i.input || []).map(p => p.name + ' = ' + p.value);
    const trouble = i.trouble ? [i.trouble.reason, i.trouble.code, i.trouble.message] : [];
    const files = (i.files || []).map(f => f.path), earlier = (i.earlier || []).map(p => p.taskID);
    i.text = [i.address, i.model, i.prompt, i.taskID, ...parameters, ...trouble, ...files, ...earlier].filter(Boolean).join('\n').toLowerCase();
    i.took = i.finished && i.accepted ? Math.max(0, i.finished - i.accepted) : 0;
  }
  const order = new Intl.Collator('en', {numeric: true}).compare;
  const byAddress = new Map(items.map(i => [i.address, i]));

  // el makes an element. Texts become text nodes, never markup.
  function el(tag, properties, ...children) {
    const e = Object.assign(document.createElement(tag), properties);
    e.append(...children.filter(c => c || c === 0));
    return e;
  }
  const classOf = status => status.replaceAll(' ', '-');
  const plural = (n, noun) => n.toLocaleString('en') + ' ' + noun + (n === 1 ? '' : 's');
  const utc = ms => new Date(ms).toISOString().replace('T', ' ').slice(0, 19) + ' UTC';
  const status = i => el('span', {className: 'status ' + classOf(i.status)}, i.status);

  function took(ms) {
    const s = ms / 1000;
    if (s < 60) return s.toFixed(s < 10 ? 1 : 0) + ' s';
    if (s < 3600) return Math.floor(s / 60) + ' min ' + Math.round(s % 60) + ' s';
    return Math.floor(s / 3600) + ' h ' + Math.round(s % 3600 / 60) + ' min';
  }
  function size(bytes) {
    return bytes < 1e3 ? plural(bytes, 'byte') : bytes < 1e6 ? (bytes / 1e3).toFixed(0) + ' kB' : (bytes / 1e6).toFixed(1) + ' MB';
  }

  // player shows a file that a browser can show. Pictures, and the first frames of
  // films, are fetched when they come into sight, and what cannot be opened says so.
  const sight = new IntersectionObserver(entries => entries.filter(e => e.isIntersecting).forEach(({target}) => {
    target.preload = 'metadata';
    sight.unobserve(target);
  }), {rootMargin: '300px'});
  function player(file, about) {
    const image = file.kind === 'image';
    const e = el(image ? 'img' : file.kind, image ? {loading: printing ? 'eager' : 'lazy', decoding: printing ? 'sync' : 'async', alt: about} : {preload: 'none', controls: true});
    if (!image) {
      e.setAttribute('aria-label', about);
      sight.observe(e);
    }
    e.addEventListener('error', () => e.replaceWith(problem(file, 'cannot be opened: it is not there any more, or this browser cannot show it')));
    e.src = file.url;
    return e;
  }
  const problem = (file, text) => el('div', {className: 'why'}, el('strong', {}, file.path.split('/').pop()), text);
  function why(i, file) {
    if (file) return problem(file, file.problem);
    const t = i.trouble;
    if (t) return el('div', {className: 'why'}, el('strong', {}, t.reason.replaceAll('_', ' ')), t.message || '');
    return el('div', {className: 'why'}, i.status === 'running' ? 'still running at APIXO' : 'no result yet');
  }
  function tile(i) {
    const files = i.files || [], best = files.find(f => f.url);
    const frame = el('div', {className: 'frame'}, best ? player(best, i.prompt || i.address) : why(i, i.trouble ? null : files[0]));
    if (files.length > 1) frame.append(el('span', {className: 'more'}, plural(files.length, 'file')));
    const name = el('button', {type: 'button', className: 'name', title: i.address, onclick: () => go({open: i.address})}, i.address.replace(/^task\./, ''));
    const prompt = el('p', {className: 'prompt', dir: 'auto'}, i.prompt || '');
    const meta = el('p', {className: 'meta'}, status(i), i.took ? el('span', {}, took(i.took)) : '', i.cost ? el('span', {}, i.cost) : '');
    return el('article', {className: 'tile ' + classOf(i.status)}, frame, el('div', {className: 'caption'}, name, prompt, meta));
  }

  const orders = {
    newest: (a, b) => (b.submitted || 0) - (a.submitted || 0),
    costliest: (a, b) => (b.micros || 0) - (a.micros || 0),
    slowest: (a, b) => b.took - a.took,
  };
  // matches are the items that task and text choose; the status is chosen of those.
  function matches() {
    const words = at.q.toLowerCase().split(/\s+/).filter(Boolean);
    return items.filter(i => (!at.task || i.task === at.task) && words.every(w => i.text.includes(w)));
  }
  // paged is the page of a list that is looked at, or as much of all as goes on paper.
  function paged(list, perPage, onPaper) {
    if (printing) {
      $('cut').textContent = list.length > onPaper ? 'On paper are the first ' + onPaper.toLocaleString('en') + ' of ' + list.length.toLocaleString('en') + '. Choose fewer by task, status or search, and print those.' : '';
      return list.slice(0, onPaper);
    }
    pages = Math.max(1, Math.ceil(list.length / perPage));
    const page = Math.min(pages, Math.max(1, parseInt(at.page, 10) || 1));
    at.page = String(page);
    $('pages').textContent = 'Page ' + page + ' of ' + pages;
    $('previous').disabled = page === 1;
    $('next').disabled = page === pages;
    $('pager').hidden = pages === 1;
    return list.slice((page - 1) * perPage, page * perPage);
  }

  const nothing = () => items.length ? 'Nothing matches.' : 'No results yet.';

  function renderResults() {
    const list = orders[at.sort] ? [...found].sort(orders[at.sort]) : found;
    $('results').replaceChildren(...paged(list, tilesPerPage, tilesOnPaper).map(tile));
    if (!list.length) $('results').append(el('p', {className: 'empty'}, nothing()));
  }

  // renderCompare puts the instances that differ in one axis side by side: a column for
  // each of its values, a row for each combination of the others. Of several tasks, the
  // columns are the tasks, and the rows their keys.
  function renderCompare() {
    const names = at.task ? axes.get(at.task) || [] : [];
    const by = Math.max(0, names.indexOf(at.by));
    const column = i => at.task ? (i.parts || [])[by] ?? '' : i.task;
    const others = i => at.task ? (i.parts || []).filter((_, n) => n !== by) : [i.key || ''];
    const columns = [...new Set(found.map(column))].sort(order), rows = new Map();
    for (const i of found) {
      const key = JSON.stringify(others(i));
      if (!rows.has(key)) rows.set(key, {parts: others(i), cells: new Map()});
      rows.get(key).cells.set(column(i), i);
    }
    const byParts = (a, b) => a.parts.reduce((sign, part, n) => sign || order(part, b.parts[n]), 0);
    const shown = columns.slice(0, maxColumns), labels = at.task ? names.filter((_, n) => n !== by) : ['key'];
    const head = el('tr', {}, el('th', {}), ...shown.map(c => el('th', {scope: 'col'}, el('bdi', {}, c || '(none)'))));
    const body = paged([...rows.values()].sort(byParts), rowsPerPage, rowsOnPaper).map(({parts, cells}) => el('tr', {},
      el('th', {scope: 'row'}, ...parts.flatMap((v, n) => [el('span', {}, labels[n] || ''), el('bdi', {}, v || '(none)')])),
      ...shown.map(c => el('td', {}, cells.has(c) ? tile(cells.get(c)) : el('div', {className: 'none'}, '–')))));
    const table = el('table', {className: 'compare'}, el('thead', {}, head), el('tbody', {}, ...body));
    const rest = columns.length - shown.length;
    $('compare').replaceChildren(found.length ? el('div', {className: 'scroll'}, table) : el('p', {className: 'empty'}, nothing()),
      rest > 0 ? el('p', {className: 'muted'}, plural(rest, 'more column') + ': choose fewer by the search.') : '');
  }

  function facts(pairs) {
    return el('dl', {}, ...pairs.filter(p => p[1]).flatMap(([k, v]) => [el('dt', {}, k), el('dd', {dir: 'auto'}, v)]));
  }
  function troubleBox(i) {
    const t = i.trouble;
    const box = el('div', {className: 'trouble' + (i.status === 'failed' || i.status === 'rejected' ? '' : ' warn')});
    if (t) box.append(el('strong', {}, t.reason.replaceAll('_', ' ') + (t.code ? ' (' + t.code + ')' : '')), el('span', {dir: 'auto'}, t.message || ''), el('span', {className: 'muted'}, t.advice || ''));
    if (i.command) box.append(el('span', {}, 'Next: ' + i.why), el('code', {}, i.command));
    return box.childElementCount ? box : '';
  }
  const section = (title, ...children) => el('div', {}, el('h3', {}, title), ...children);
  function figure(f, about) {
    return el('figure', {}, f.url ? player(f, about) : '', el('figcaption', {}, f.path + ', ' + size(f.bytes) + (f.problem ? ': ' + f.problem : '')));
  }
  function earlierText(p) {
    const files = (p.files || []).map(f => f.path + (f.problem ? ' (' + f.problem + ')' : ''));
    return [p.text, p.cost, p.taskID || 'no task ID', p.submitted && 'submitted ' + utc(p.submitted), ...files].filter(Boolean).join('\n');
  }
  function fill(dialog, i) {
    const used = dialog.contains(document.activeElement) ? document.activeElement.textContent : null;
    const n = found.indexOf(i), step = d => () => go({open: found[n + d].address});
    const button = (text, disabled, onclick) => el('button', {type: 'button', disabled, onclick}, text);
    const attempts = [i.attempt > 1 ? plural(i.attempt, 'attempt') : '', i.repeats ? plural(i.repeats, 'repeat') + ' after a 5xx' : ''].filter(Boolean).join(', ');
    dialog.replaceChildren(
      el('header', {}, el('h2', {id: 'detail-name'}, i.address), button('Previous', n <= 0, step(-1)),
        button('Next', n < 0 || n + 1 >= found.length, step(1)), button('Close', false, () => dialog.close())),
      el('div', {className: i.files ? 'sheet' : 'sheet plain'},
        i.files ? el('div', {className: 'media'}, ...i.files.map(f => figure(f, i.prompt || i.address))) : '',
        el('div', {className: 'facts'}, status(i), troubleBox(i),
          i.prompt ? section('Prompt', el('p', {className: 'text', dir: 'auto'}, i.prompt)) : '',
          section('Parameters', facts([['model', i.model], ...(i.input || []).map(p => [p.name, p.value])])),
          section('Task', facts([['cost', i.cost], ['took', i.took ? took(i.took) : ''], ['attempts', attempts],
            ['submitted', i.submitted ? utc(i.submitted) : ''], ['accepted', i.accepted ? utc(i.accepted) : ''],
            ['finished', i.finished ? utc(i.finished) : ''], ['task ID', i.taskID]])),
          i.earlier ? section('Earlier tasks', facts(i.earlier.map((p, n) => ['task ' + (n + 1), earlierText(p)]))) : '')));
    const buttons = [...dialog.querySelectorAll('header button:enabled')];
    if (used !== null) (buttons.find(b => b.textContent === used) || buttons[0]).focus(); // the ones before are gone
  }
  function renderDetail() {
    const dialog = $('detail'), i = byAddress.get(at.open);
    if (!i) {
      if (dialog.open) dialog.close();
      return;
    }
    fill(dialog, i);
    if (!dialog.open) dialog.showModal();
  }

  function options(select, pairs, value) {
    select.replaceChildren(...pairs.map(([v, text]) => el('option', {value: v, selected: v === value}, text)));
    select.value = value;
  }
  function renderBar(matching) {
    const names = at.task ? axes.get(at.task) || [] : [];
    if ($('q').value !== at.q) $('q').value = at.q;
    $('task').value = at.task;
    options($('by'), names.length ? names.map(n => [n, n]) : [['', 'task']], names.includes(at.by) ? at.by : names[0] || '');
    $('sort').value = at.sort;
    $('by-label').hidden = at.view !== 'compare';
    $('sort-label').hidden = at.view !== 'results';
    const counts = new Map();
    for (const i of matching) counts.set(i.status, (counts.get(i.status) || 0) + 1);
    const chip = (value, text, n) => {
      const b = el('button', {type: 'button', onclick: () => go({state: value, page: '1'})}, text, el('span', {}, n.toLocaleString('en')));
      b.setAttribute('aria-pressed', String(at.state === value));
      b.dataset.state = value;
      return b;
    };
    const active = document.activeElement && document.activeElement.dataset.state;
    $('states').replaceChildren(chip('', 'all', matching.length),
      ...statuses.filter(s => counts.has(s) || s === at.state).map(s => chip(s, s, counts.get(s) || 0)));
    if (active !== undefined) [...$('states').children].find(b => b.dataset.state === active)?.focus();
  }
  function render() {
    for (const v of views) $(v).hidden = at.view !== v;
    for (const b of document.querySelectorAll('[data-view]')) b.setAttribute('aria-pressed', String(b.dataset.view === at.view));
    const matching = matches();
    found = matching.filter(i => !at.state || i.status === at.state);
    $('bar').hidden = $('found').hidden = at.view === 'timeline';
    $('pager').hidden = true;
    renderBar(matching);
    const sum = found.reduce((n, i) => n + (i.micros || 0), 0) / 1e6;
    $('found').textContent = found.length === items.length ? plural(found.length, 'result')
      : plural(found.length, 'result') + ' of ' + items.length.toLocaleString('en') + (sum ? ', $' + sum.toFixed(2) : '');
    if (at.view === 'results') renderResults();
    if (at.view === 'compare') renderCompare();
    renderDetail();
  }

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    at = {...defaults};
    for (const k of Object.keys(defaults)) if (given.has(k)) at[k] = given.get(k);
    if (!views.includes(at.view)) at.view = defaults.view;
    if (!axes.has(at.task)) at.task = only;
    if (!Object.hasOwn(orders, at.sort)) at.sort = '';
    if (!statuses.includes(at.state)) at.state = '';
    render();
  }
  // go changes what is chosen, and writes it into the URL.
  function go(change) {
    Object.assign(at, change);
    render();
    const kept = Object.entries(at).filter(([k, v]) => v !== defaults[k]);
    history.replaceState(null, '', '#' + new URLSearchParams(kept));
  }
  // turn goes to another page; who stood on a tile stands on its first.
  function turn(d) {
    const onTile = document.activeElement.matches('.name');
    go({page: String(Number(at.page) + d)});
    scrollTo({top: 0});
    if (onTile) names()[0].focus({preventScroll: true});
  }

  let typing;
  $('q').addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(() => go({q: $('q').value, page: '1'}), items.length > 1000 ? 120 : 0);
  });
  $('task').addEventListener('change', e => go({task: e.target.value, by: '', page: '1'}));
  $('by').addEventListener('change', e => go({by: e.target.value, page: '1'}));
  $('sort').addEventListener('change', e => go({sort: e.target.value, page: '1'}));
  $('previous').addEventListener('click', () => turn(-1));
  $('next').addEventListener('click', () => turn(1));
  for (const b of document.querySelectorAll('[data-view]')) b.addEventListener('click', () => go({view: b.dataset.view, page: '1'}));
  $('detail').addEventListener('click', e => { if (e.target === $('detail')) $('detail').close(); });
  $('detail').addEventListener('close', () => {
    const last = at.open;
    go({open: ''});
    [...document.querySelectorAll('.name')].find(b => b.title === last)?.focus();
  });
  addEventListener('hashchange', read);
  // On paper there are no pages to turn: all that is found is shown while it is printed.
  function lay() {
    if (printing) return;
    printing = true;
    if (pages > 1) render();
    for (const e of document.images) e.loading = 'eager';
  }
  addEventListener('beforeprint', lay);
  addEventListener('afterprint', () => {
    printing = false;
    $('cut').textContent = '';
    if (pages > 1) render();
  });
  // A browser prints what is loaded by then: who prints by the keyboard has the pictures
  // waited for, once, and sees that they are.
  async function printAll() {
    if (printing) return;
    $('loading').textContent = 'Loading the pictures to print …';
    lay();
    const all = Promise.allSettled([...document.images].map(e => e.decode()));
    await Promise.race([all, new Promise(late => setTimeout(late, 20000))]);
    $('loading').textContent = '';
    window.print();
  }

  const names = () => [...document.querySelectorAll('section:not([hidden]) .name')];
  // beside is the tile to the left or right, above or below of one.
  function beside(name, key) {
    const all = names(), n = all.indexOf(name);
    if (key === 'ArrowRight') return all[n + 1];
    if (key === 'ArrowLeft') return all[n - 1];
    const box = e => e.closest('.tile').getBoundingClientRect(), here = box(name);
    const list = key === 'ArrowDown' ? all.slice(n + 1) : all.slice(0, n).reverse();
    return list.find(e => Math.abs(box(e).left - here.left) < 2);
  }
  function stand(name) {
    name.closest('.tile').scrollIntoView({block: 'nearest', inline: 'nearest'});
    name.focus({preventScroll: true});
  }
  addEventListener('keydown', e => {
    if (e.key === 'p' && (e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey) {
      printAll();
      e.preventDefault();
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.matches('input, select, video, audio')) return;
    const i = found.indexOf(byAddress.get(at.open)), arrow = e.key.startsWith('Arrow');
    if ($('detail').open) {
      const other = e.key === 'ArrowRight' ? found[i + 1] : e.key === 'ArrowLeft' ? found[i - 1] : null;
      if (other && i >= 0) go({open: other.address});
    } else if (arrow && e.target.matches('.name')) {
      const name = beside(e.target, e.key);
      if (name) stand(name);
      e.preventDefault();
    } else if ((e.key === 'ArrowRight' || e.key === 'ArrowLeft') && e.target === document.body && names().length) stand(names()[0]);
    else if (e.key === '/' && at.view !== 'timeline') {
      $('q').focus();
      e.preventDefault();
    } else if (e.key === 'n' && !$('pager').hidden && !$('next').disabled) turn(1);
    else if (e.key === 'p' && !$('pager').hidden && !$('previous').disabled) turn(-1);
  });
  options($('task'), [...(only ? [] : [['', 'all tasks']]), ...data.tasks.map(t => [t.name, t.name])], at.task);
  $('tabs').hidden = false; // without scripts there is only the timeline
  read();
})();

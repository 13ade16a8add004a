/* Search by name or code: a list box that the keyboard can walk through. */
(function (gm) {
  'use strict';

  const { el } = gm;
  const SHOWN = 8;
  const bare = (text) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');

  /** As people say it: 向阳01 for 向阳村 01. */
  const spoken = (app, grid) => bare(app.data.jurisdictions[grid.j].label.replace(/村$/, '') + grid.short);

  /** Everything that can be found, with the text that is searched. */
  function entries(app) {
    const places = app.data.jurisdictions.map((row, i) => ({
      label: row.name, note: row.code, keys: [bare(row.name), bare(row.code)], go: () => app.showJurisdiction(i),
    }));
    const grids = app.data.grids.map((grid, i) => ({
      label: grid.name,
      note: grid.code,
      keys: [bare(grid.name), bare(grid.code), bare(app.data.jurisdictions[grid.j].name + grid.short), spoken(app, grid)].concat(
        grid.compounds.first.map(bare), grid.names.first.map(bare), grid.dedicated.first.map(bare),
      ),
      go: () => app.choose(i, true),
    }));
    const points = (app.data.points || []).map((row, i) => ({
      label: row.name || row.id,
      note: app.data.pointWords.kinds[row.kind] || row.kind,
      keys: [bare(row.name), bare(row.id)].filter(Boolean),
      go: () => app.choosePoint(i, true),
    }));
    return places.concat(grids, points);
  }

  /** Those that hold `query`: codes that end with it and names that begin with it come first. */
  gm.findEntries = function (list, query) {
    const q = bare(query);
    if (!q) { return []; }
    const rank = (entry) => Math.min(...entry.keys.map((key) => (key === q ? 0 : key.startsWith(q) ? 1 : key.endsWith(q) ? 2 : key.includes(q) ? 3 : 9)));
    return list.map((entry, i) => [rank(entry), i, entry]).filter((row) => row[0] < 9)
      .sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((row) => row[2]);
  };

  gm.search = function (app) {
    const list = entries(app);
    const words = app.words;
    let found = [];
    let at = -1;
    const results = el('ul', { class: 'gm-results', role: 'listbox', id: 'gm-results', hidden: true, 'aria-label': words.search });
    const input = el('input', {
      type: 'search', class: 'gm-search-input', placeholder: words.search, 'aria-label': words.search, role: 'combobox',
      'aria-controls': 'gm-results', 'aria-expanded': 'false', 'aria-autocomplete': 'list', autocomplete: 'off',
      input: () => show(), keydown: (event) => key(event), focus: () => show(), blur: () => setTimeout(close, 150),
    });

    function close() {
      results.hidden = true;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    }
    function take(entry) {
      input.value = entry.label;
      close();
      entry.go();
    }
    function mark(next) {
      at = Math.max(-1, Math.min(next, Math.min(found.length, SHOWN) - 1));
      [...results.querySelectorAll('[role=option]')].forEach((item, i) => item.setAttribute('aria-selected', String(i === at)));
      if (at >= 0) { input.setAttribute('aria-activedescendant', 'gm-result-' + at); }
    }
    function show() {
      const query = input.value;
      if (!query.trim()) { close(); return; }
      found = gm.findEntries(list, query);
      const rows = found.slice(0, SHOWN).map((entry, i) => el(
        'li',
        { role: 'option', id: 'gm-result-' + i, 'aria-selected': 'false', mousedown: (event) => { event.preventDefault(); take(entry); } },
        el('span', {}, entry.label), el('small', {}, entry.note),
      ));
      if (!found.length) { rows.push(el('li', { class: 'gm-hint' }, gm.fill(words.search_none, { q: query }))); }
      if (found.length > SHOWN) { rows.push(el('li', { class: 'gm-hint' }, gm.fill(words.search_more, { n: found.length - SHOWN }))); }
      results.replaceChildren(...rows);
      results.hidden = false;
      input.setAttribute('aria-expanded', 'true');
      mark(found.length ? 0 : -1);
    }
    function key(event) {
      if (event.key === 'ArrowDown') { mark(at + 1); event.preventDefault(); }
      if (event.key === 'ArrowUp') { mark(at - 1); event.preventDefault(); }
      if (event.key === 'Enter' && found[at]) { take(found[at]); event.preventDefault(); }
      if (event.key === 'Escape') { close(); }
    }
    return el('div', { class: 'gm-search' }, gm.icon('find'), input, results);
  };
})(window.gridmap);

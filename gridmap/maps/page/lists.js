/* The lists beside the legend: named exceptions with their reasons, and the jurisdictions. */
(function (gm) {
  'use strict';

  const { el } = gm;

  function item(app, index, notes, kind) {
    const grid = app.data.grids[index];
    return el(
      'li',
      {},
      el(
        'button',
        { type: 'button', class: 'gm-item gm-item-' + kind, title: gm.fill(app.words.zoom_to, { name: grid.name }), click: () => app.choose(index, true) },
        el('span', { class: 'gm-item-head' }, el('b', {}, grid.name), el('span', { class: 'gm-item-size' }, grid.hh === null ? app.words.unknown : gm.fill(app.words.hh, { n: gm.number(grid.hh) }))),
        notes.map(([lead, text]) => el('span', { class: 'gm-item-text' }, lead ? el('b', {}, lead, ' ') : null, text)),
      ),
    );
  }

  gm.exceptionList = function (app) {
    const words = app.words;
    const grids = app.data.grids;
    const parts = [];
    const broken = grids.map((g, i) => i).filter((i) => grids[i].broken);
    if (broken.length || app.data.findings.length) {
      parts.push(el('h3', {}, words.broken_title));
      parts.push(el('ul', { class: 'gm-items' },
        app.data.findings.map((f) => el('li', { class: 'gm-item gm-item-broken' }, el('span', { class: 'gm-item-text' }, f.text))),
        broken.map((i) => item(app, i, grids[i].findings.filter((f) => f.severity === 'hard').map((f) => ['', f.text]), 'broken'))));
    }
    const excepted = grids.map((g, i) => i).filter((i) => grids[i].exceptions.length);
    if (excepted.length) {
      parts.push(el('h3', {}, words.exceptions_title));
      parts.push(el('ul', { class: 'gm-items' }, excepted.map((i) => item(app, i, grids[i].exceptions.map((e) => [app.data.reasons[e.reason] || e.reason, e.text]), 'excepted'))));
    }
    if (!parts.length) { parts.push(el('p', { class: 'gm-empty' }, words.no_exceptions)); }
    return el('div', {}, parts);
  };

  gm.jurisdictionTable = function (app) {
    const words = app.words;
    const rows = app.data.jurisdictions;
    const households = (n) => (n === null ? words.unknown : gm.number(n));
    const sum = (key) => rows.reduce((total, row) => (total === null || row[key] === null ? null : total + row[key]), 0);
    const kept = (row) => (row.judged ? row.kept + '/' + row.judged : words.unknown);
    return el(
      'table',
      { class: 'gm-table' },
      el('thead', {}, el('tr', {}, [words.col_jurisdiction, words.col_grids, words.col_households, words.col_kept].map((text) => el('th', { scope: 'col' }, text)))),
      el('tbody', {}, rows.map((row, i) => el(
        'tr',
        {},
        el('th', { scope: 'row' }, el('button', { type: 'button', class: 'gm-link', title: app.data.kinds[row.kind] + ' ' + row.code, click: () => app.showJurisdiction(i) }, row.name)),
        el('td', {}, row.grids), el('td', {}, households(row.hh)), el('td', {}, kept(row)),
      ))),
      el('tfoot', {}, el('tr', {}, el('th', { scope: 'row' }, words.total), el('td', {}, sum('grids')), el('td', {}, households(sum('hh'))), el('td', {}, kept({ judged: sum('judged'), kept: sum('kept') })))),
    );
  };
})(window.gridmap);

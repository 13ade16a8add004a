/* The card of a point, and the list of all points. */
(function (gm) {
  'use strict';

  const { el } = gm;

  const partnerOf = (app, index) => {
    const row = app.data.points[index];
    if (row.with !== undefined) { return row.with; }
    return app.data.points.findIndex((other) => other.with === index);
  };

  gm.pointCard = function (app, index) {
    const row = app.data.points[index];
    const words = app.words;
    const kinds = app.data.pointWords.kinds;
    return el(
      'section',
      { class: 'gm-card gm-point-card', role: 'dialog', 'aria-label': row.name || row.id, tabindex: -1 },
      el(
        'header',
        { class: 'gm-card-head' },
        el('div', {}, el('h2', {}, row.name || row.id), el('div', { class: 'gm-code' }, row.id)),
        el('button', { type: 'button', class: 'gm-round', 'aria-label': words.close, title: words.close, click: () => app.choosePoint(-1) }, gm.icon('close')),
      ),
      el(
        'p', { class: 'gm-point-state' },
        gm.sampleOf(app, row.kind, row.status), el('b', {}, kinds[row.kind] || row.kind), el('span', { class: 'gm-tag' }, app.data.pointWords.status[row.status] || row.status),
        row.home ? el('span', { class: 'gm-tag' }, words.point_home) : null,
      ),
      two(app, index),
      el('dl', { class: 'gm-facts' }, facts(app, row).map(([term, value]) => [el('dt', {}, term), el('dd', {}, value)])),
      row.at ? null : el('p', { class: 'gm-notes gm-notes-none' }, words.point_elsewhere),
    );
  };

  function two(app, index) {
    const row = app.data.points[index];
    const other = partnerOf(app, index);
    if (!row.two && other < 0) { return null; }
    const partner = app.data.points[other];
    const why = row.why || (partner && partner.why) || '';
    return el(
      'div',
      { class: 'gm-two' },
      gm.sampleOf(app, 'two_in_one', 'in_use'),
      el(
        'div', {},
        partner ? el('button', { type: 'button', class: 'gm-link', click: () => app.choosePoint(other) }, gm.fill(app.words.two_with, { name: partner.name || partner.id })) : el('b', {}, app.words.two_in_one),
        why ? el('small', {}, why) : null,
      ),
    );
  }

  function facts(app, row) {
    const words = app.words;
    const grid = app.data.grids[row.g];
    const rows = [[words.point_grid, grid
      ? el('button', { type: 'button', class: 'gm-link', click: () => app.choose(row.g, true) }, grid.name) : words.points_unplaced]];
    rows.push([words.open_on, row.opening || words.unknown]);
    if (row.services.length) { rows.push([words.services, row.services.join(words.list_separator)]); }
    rows.push([words.capacity, row.cap === null ? words.unknown : gm.fill(words.hh, { n: gm.number(row.cap) })]);
    if (row.address) { rows.push([words.address, row.address]); }
    return rows;
  }

  /** All points, by kind and then as they were recorded; a click shows one. */
  gm.pointList = function (app) {
    const rows = app.data.points;
    if (!rows.length) { return el('p', { class: 'gm-empty' }, app.words.points_none); }
    const parts = [];
    for (const kind of Object.keys(app.data.pointWords.kinds)) {
      const mine = rows.map((row, i) => i).filter((i) => rows[i].kind === kind);
      if (!mine.length) { continue; }
      parts.push(el('h3', {}, app.data.pointWords.kinds[kind] + ' ' + mine.length));
      parts.push(el('ul', { class: 'gm-items gm-point-items' }, mine.map((i) => el('li', {}, pointButton(app, i)))));
    }
    return el('div', {}, parts);
  };

  function pointButton(app, index) {
    const row = app.data.points[index];
    const grid = app.data.grids[row.g];
    return el(
      'button',
      { type: 'button', class: 'gm-point-item', click: () => app.choosePoint(index, true) },
      gm.sampleOf(app, row.with !== undefined ? 'two_in_one' : row.kind, row.status),
      el('span', { class: 'gm-point-name' }, row.name || row.id, el('small', {}, grid ? grid.name : app.words.points_unplaced)),
      el('small', { class: 'gm-point-status' }, row.home ? app.words.point_home + ' · ' : '', app.data.pointWords.status[row.status] || row.status),
    );
  }

  gm.pointButton = pointButton;
})(window.gridmap);

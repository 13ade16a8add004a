/* What the card of a grid tells of its records: who, points, reach; branch, lists, services, activities. */
(function (gm) {
  'use strict';

  const { el } = gm;

  const dash = (app, why) => el('span', { class: 'gm-unknown', title: why }, app.words.unknown, ' ', why);

  /** A count, a dash where it is not recorded, or the words for one that is too small to be told. */
  gm.countText = (app, n) => (n === 'few' ? app.words.few : n === null ? app.words.unknown : gm.number(n));

  gm.rowsOf = (rows) => el('dl', { class: 'gm-facts' }, rows.filter(Boolean).map(([term, value]) => [el('dt', {}, term), el('dd', {}, value)]));

  function post(app, told) {
    const words = app.words;
    const who = told.names.length ? told.names.join(words.list_separator) : told.n ? gm.fill(words.people_n, { n: told.n }) : '';
    return el('span', {}, who, told.gap ? [' ', mark(app, words.vacant)] : null, told.shared ? [' ', el('span', { class: 'gm-tag' }, words.shared)] : null);
  }

  const mark = (app, text) => el('strong', { class: 'gm-gap' }, '▲ ' + text);

  function members(app, who) {
    const words = app.words;
    const off = who.members < who.min ? gm.fill(words.short, { n: who.min - who.members }) : who.members > who.max ? gm.fill(words.over, { n: who.members - who.max }) : '';
    return el('span', {}, gm.fill(words.members_of, { n: who.members, a: who.min, b: who.max }), off ? [' ', mark(app, off)] : null);
  }

  /** Who serves in the grid, its points, and whom they reach. */
  gm.teamPart = function (app, index) {
    const { words, data } = app;
    const life = data.grids[index].life;
    const rows = [];
    if (life.who) {
      rows.push([words.leader, post(app, life.who.leader)], [words.instructor, post(app, life.who.instructor)], [words.members, members(app, life.who)]);
    } else if (data.hasStaffing) {
      rows.push([words.leader, dash(app, words.not_recorded)]);
    }
    rows.push([words.branch, branches(app, life.branches)], [words.reported, reported(app, life)]);
    const mine = (data.points || []).map((row, i) => i).filter((i) => data.points[i].g === index);
    return el('div', {}, gm.rowsOf(rows), pointsOf(app, mine), reach(app, life));
  };

  function branches(app, rows) {
    if (rows === null) { return dash(app, app.words.not_recorded); }
    if (!rows.length) { return app.words.branch_none; }
    return rows.slice(0, 2).map((row) => el('div', {}, row.name, row.members === null ? '' : gm.fill(app.words.branch_members, { n: gm.countText(app, row.members) })));
  }

  function reported(app, life) {
    if (life.reported === null) { return dash(app, app.words.not_recorded); }
    const why = life.reported.n === 'few' ? app.words.few_why : null;
    return el('span', { title: why }, gm.fill(app.words.people_n, { n: gm.countText(app, life.reported.n) }), gm.fill(app.words.reported_on, { day: life.reported.day }));
  }

  function pointsOf(app, mine) {
    const { words, data } = app;
    if (data.points === null) { return null; }
    const shown = mine.slice(0, 4);
    return el(
      'div', { class: 'gm-notes' }, el('h3', {}, words.points),
      mine.length ? el('ul', { class: 'gm-items gm-point-items' }, shown.map((i) => el('li', {}, gm.pointButton(app, i)))) : el('p', { class: 'gm-empty' }, words.points_none),
      mine.length > shown.length ? el('p', {}, gm.fill(words.more, { n: mine.length - shown.length })) : null,
    );
  }

  function reach(app, life) {
    const words = app.words;
    if (!life.recorded.reach) { return null; }
    const why = gm.fill(words.reach_why, { m: app.data.walking });
    const title = el('h3', {}, words.reach, el('small', {}, why));
    if (life.reach === null) { return el('div', { class: 'gm-notes' }, title, dash(app, words.unknown_why)); }
    const parts = [['served', words.reach_served], ['full', words.reach_full], ['out', words.reach_out]];
    const most = Math.max(1, ...parts.map(([key]) => (life.reach[key] === 'few' ? 2 : life.reach[key])));
    return el('div', { class: 'gm-notes gm-reach' }, title, parts.map(([key, word]) => {
      const n = life.reach[key];
      const text = n === 'few' ? words.few : (life.reach.rounded ? '≈' : '') + gm.number(n);
      return el(
        'div', { class: 'gm-reach-row' }, el('span', {}, word),
        el('span', { class: 'gm-reach-bar', 'aria-hidden': 'true' }, el('i', { class: 'gm-reach-' + key, style: { width: (n === 'few' ? 2 : n) / most * 100 + '%' } })),
        el('span', { class: 'gm-reach-n' }, n === 'few' ? text : gm.fill(words.hh, { n: text })),
      );
    }));
  }

  /** The two lists, services on offer, activities. */
  gm.workPart = function (app, index) {
    const life = app.data.grids[index].life;
    return el('div', {}, lists(app, life.lists), services(app, life.services), activities(app, life.acts));
  };

  function lists(app, rows) {
    const words = app.words;
    const body = rows === null ? dash(app, words.not_recorded) : rows.map((row) => el(
      'div', { class: 'gm-grid-list' },
      el('b', {}, row.label), ' ',
      row.version === null ? mark(app, words.list_none) : [
        gm.fill(words.list_items, { n: row.n }), ' · ', gm.fill(words.list_version, { n: row.version }),
        row.adjusted ? ' · ' + gm.fill(words.list_adjusted, { n: row.adjusted }) : '',
        row.newest > row.version ? [' ', mark(app, gm.fill(words.list_outdated, { n: row.newest }))] : null,
        row.titles.length ? el('small', {}, row.titles.join(words.list_separator), row.n > row.titles.length ? ' …' : '') : null,
      ],
    ));
    return el('div', { class: 'gm-notes' }, el('h3', {}, words.lists), body);
  }

  function services(app, rows) {
    const words = app.words;
    const body = rows === null ? dash(app, words.not_recorded) : !rows.length ? el('p', { class: 'gm-empty' }, words.services_none)
      : el('ul', { class: 'gm-lines' }, rows.map((row) => el('li', {}, el('b', {}, row.title), el('small', {}, [row.day, row.hours, row.department].filter(Boolean).join(' · ')))));
    return el('div', { class: 'gm-notes' }, el('h3', {}, words.services_next), body);
  }

  function activities(app, acts) {
    const words = app.words;
    if (acts === null) { return el('div', { class: 'gm-notes' }, el('h3', {}, words.activities), dash(app, words.not_recorded)); }
    const people = (n) => (n === null ? '' : gm.fill(words.attendance, { n: gm.countText(app, n) }));
    return el(
      'div', { class: 'gm-notes' }, el('h3', {}, words.activities),
      acts.n ? el('p', {}, gm.fill(words.activities_n, { n: acts.n }), acts.attendance === null ? '' : ' · ' + people(acts.attendance)) : el('p', { class: 'gm-empty' }, words.activities_none),
      el('ul', { class: 'gm-lines' }, acts.last.map((row) => el('li', {}, el('b', {}, row.title), el('small', {}, [row.day, row.kind, people(row.n)].filter(Boolean).join(' · '))))),
    );
  }
})(window.gridmap);

/* Issues beside the map: their layers in the legend, the funnel, and the grids that call for a question. */
(function (gm) {
  'use strict';

  const { el, svg } = gm;
  const WIDE = 308;
  const HIGH = 216;
  const LEFT = 30;
  const BOTTOM = 34;

  /** Switches of heat and of the places of issues. */
  gm.issueLayers = function (app) {
    const { words } = app;
    const told = app.data.issues;
    const more = el('div', {});
    const toggle = (key, sample, label, count) => el(
      'label', { class: 'gm-entry' },
      gm.layerSwitch(app, key),
      sample, el('span', { class: 'gm-entry-label' }, label), count === null ? null : el('span', { class: 'gm-count' }, '(' + count + ')'),
    );
    const rows = [
      gm.hasHeat(app) ? toggle('heat', heatSample(app), words.heat, null) : null,
      app.issueMarks.length ? toggle('issues', gm.issueSample(app, '9', -1), gm.issueWords(app), gm.number(app.issueMarks.length)) : null,
    ];
    const render = () => more.replaceChildren(app.issueMarks.length && app.isOn('issues') ? gm.issueStates(app) : '', app.issueMarks.length && app.isOn('issues') && gm.hasSingleIssues(app) ? categories(app, told) : '');
    app.on('layer', render);
    render();
    return el('fieldset', { class: 'gm-layers gm-issue-layers' }, el('legend', {}, words.issue_layers), el('div', { class: 'gm-layer-list' }, rows), more);
  };

  function heatSample(app) {
    const heat = app.data.issues.heat;
    const stops = [0.1, 0.5, 1].map((share) => { const [r, g, b, a] = gm.heatColour(heat, share); return 'rgba(' + [r, g, b, a].join(',') + ')'; });
    return el('span', { class: 'gm-swatch gm-heat-swatch', 'aria-hidden': 'true', style: { background: 'linear-gradient(90deg,' + stops.join(',') + ')' } });
  }

  /** How issues are drawn; those states that occur. */
  gm.issueStates = function (app) {
    const { words } = app;
    const told = app.data.issues;
    if (!gm.hasSingleIssues(app)) { return el('p', { class: 'gm-home-note' }, gm.fill(words.cell_why, { m: told.cellM })); }
    const present = new Set(told.marks.state);
    const states = [[1, words.state_open], [2, words.state_overdue], [0, words.state_closed]].filter(([state]) => present.has(state));
    return el(
      'div', {},
      el('div', { class: 'gm-states' }, states.map(([state, text]) => el('span', {}, gm.issueSample(app, '', state), text)), el('span', {}, gm.issueSample(app, '9', -1), words.cluster)),
      told.leftOut ? el('p', { class: 'gm-home-note' }, gm.fill(words.marks_left_out, { n: gm.number(told.marks.id.length), more: gm.number(told.leftOut) })) : null,
    );
  };

  function categories(app, told) {
    const counts = told.categories.map(() => 0);
    for (const category of told.marks.category) { counts[category] += 1; }
    const options = told.categories.map((name, i) => (counts[i] ? el('option', { value: i, selected: app.issueCategory === i }, told.signs[i] + ' ' + name + ' (' + gm.number(counts[i]) + ')') : null));
    const select = el('select', { 'aria-label': app.words.categories, change: () => { app.issueCategory = Number(select.value); app.redraw(); } }, el('option', { value: -1, selected: app.issueCategory < 0 }, app.words.category_all), options);
    return el('label', { class: 'gm-category' }, el('span', {}, app.words.categories), select);
  }

  /** The same on paper, without switches. */
  gm.printedIssues = function (app) {
    if (!gm.hasIssues(app)) { return null; }
    const isMarked = app.issueMarks.length && app.isOn('issues');
    return el(
      'div', { class: 'gm-print-issues' },
      gm.isHeatOn(app) ? [el('h3', {}, app.words.heat + ' · ' + gm.heatName(app)), gm.heatScale(app)] : null,
      isMarked ? [el('h3', {}, gm.issueWords(app)), gm.issueStates(app)] : null,
    );
  };

  /** Round steps for an axis: about `n` of them up to `most`. */
  function steps(most, n) {
    const raw = most / n;
    const power = Math.pow(10, Math.floor(Math.log10(raw)));
    const step = [1, 2, 5, 10].map((v) => v * power).find((v) => v >= raw);
    return Array.from({ length: Math.floor(most / step) }, (_, i) => Number(((i + 1) * step).toPrecision(12)));
  }

  /** The funnel: a dot for each grid, between lines that chance alone seldom crosses. */
  gm.funnel = function (app) {
    const told = app.data.issues.funnel;
    const { words } = app;
    const mostX = Math.max(...told.points.map((p) => p[1]), 10) * 1.06;
    const mostY = Math.max(...told.points.map((p) => p[2]), told.rate * 2) * 1.1;
    const x = (v) => LEFT + v / mostX * (WIDE - LEFT - 6);
    const y = (v) => HIGH - BOTTOM - Math.min(v, mostY) / mostY * (HIGH - BOTTOM - 8);
    const path = (line) => line.map(([h, r], i) => (i ? 'L' : 'M') + x(h).toFixed(1) + ' ' + y(r).toFixed(1)).join('');
    const [inner, outer] = [told.lines[0], told.lines[told.lines.length - 1]];
    const band = path(inner[1]) + inner[0].slice().reverse().map(([h, r]) => 'L' + x(h).toFixed(1) + ' ' + y(r).toFixed(1)).join('') + 'Z';
    const dots = told.points.map(([i, h, r, state]) => svg('circle', {
      cx: x(h).toFixed(1), cy: y(r).toFixed(1), r: state === 'inside' ? 2.8 : 4, class: 'gm-dot gm-dot-' + state,
      mouseenter: () => { app.hovered = i; app.sheets[1].redraw(); }, mouseleave: () => { app.hovered = -1; app.sheets[1].redraw(); }, click: () => app.choose(i, true),
    }, svg('title', {}, app.data.grids[i].name)));
    app.on('choice', () => told.points.forEach(([i], k) => dots[k].classList.toggle('gm-dot-chosen', i === app.chosen)));
    const tick = (text, tx, ty, anchor) => svg('text', { x: tx, y: ty, 'text-anchor': anchor, class: 'gm-funnel-tick' }, text);
    return el('figure', { class: 'gm-funnel' }, svg(
      'svg', { viewBox: '0 0 ' + WIDE + ' ' + HIGH, role: 'img', 'aria-label': gm.fill(words.funnel_label, { n: told.points.length }) },
      svg('path', { d: band, class: 'gm-funnel-band' }),
      outer.map((line) => svg('path', { d: path(line.filter(([, r]) => r <= mostY)), class: 'gm-funnel-limit' })),
      svg('line', { x1: LEFT, x2: WIDE - 6, y1: y(told.rate), y2: y(told.rate), class: 'gm-funnel-town' }),
      svg('path', { d: 'M' + LEFT + ' 4V' + (HIGH - BOTTOM) + 'H' + (WIDE - 4), class: 'gm-funnel-axis' }),
      steps(mostX, 5).map((v) => tick(gm.number(v), x(v), HIGH - BOTTOM + 14, 'middle')),
      steps(mostY, 4).map((v) => tick(String(v), LEFT - 5, y(v) + 4, 'end')),
      tick(words.funnel_x, WIDE - 6, HIGH - 4, 'end'), tick(words.funnel_y, LEFT + 4, 12, 'start'),
      dots,
    ), el('figcaption', {}, gm.fill(words.funnel_how, { inner: told.levels[0], level: told.levels[told.levels.length - 1] })));
  };

  function gridList(app, title, rows) {
    if (!rows.length) { return null; }
    return [el('h3', {}, title + ' ' + rows.length), el('ul', { class: 'gm-items gm-issue-grids' }, rows.map((i) => {
      const grid = app.data.grids[i];
      const rate = grid.issues.rate === null ? '' : gm.fill(app.words.per_100, { n: grid.issues.rate.toFixed(1) });
      return el('li', {}, el('button', { type: 'button', class: 'gm-point-item', click: () => app.choose(i, true) }, el('span', { class: 'gm-point-name' }, grid.name), el('small', { class: 'gm-point-status' }, rate)));
    }))];
  }

  /** The tab of issues: figures, funnel, and what it names, for the keyboard and for those who do not see it. */
  gm.issueTab = function (app, figures) {
    const { words } = app;
    const { grids } = app.data;
    const byRate = (a, b) => (grids[b].issues.rate || 0) - (grids[a].issues.rate || 0);
    const where = (test) => grids.map((g, i) => i).filter((i) => test(grids[i].issues, i)).sort(byRate);
    const spots = app.data.modes.find((mode) => mode.key === 'spots');
    const spot = (edge) => where((_, i) => { const entry = spots.classes[spots.of[i]]; return entry.edge === edge; });
    const [high, low, hot, cold] = [where((t) => t.state === 'high'), where((t) => t.state === 'low'), spot('hot'), spot('cold')];
    return el(
      'div', { class: 'gm-issue-tab' }, figures,
      app.data.issues.funnel && app.data.issues.funnel.points.length ? [el('h3', {}, words.funnel), gm.funnel(app)] : null,
      high.length || low.length ? [gridList(app, words.funnel_high, high), gridList(app, words.funnel_low, low)].flat() : el('p', { class: 'gm-empty' }, words.funnel_nobody),
      hot.length || cold.length ? [gridList(app, words.spots_hot, hot), gridList(app, words.spots_cold, cold)].flat() : el('p', { class: 'gm-empty' }, words.spots_none),
    );
  };
})(window.gridmap);

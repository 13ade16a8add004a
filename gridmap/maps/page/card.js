/* The card of a grid: what it is, how it stands against its rule, and why where it does not keep it. */
(function (gm) {
  'use strict';

  const { el } = gm;

  gm.card = function (app, index) {
    const grid = app.data.grids[index];
    const words = app.words;
    return el(
      'section',
      { class: 'gm-card', role: 'dialog', 'aria-label': grid.name, tabindex: -1 },
      head(app, grid),
      size(app, grid),
      grid.life || grid.issues ? parts(app, index) : sizePart(app, grid),
      el(
        'div',
        { class: 'gm-card-foot' },
        el('button', { type: 'button', class: 'gm-quiet', click: () => app.step(-1) }, gm.icon('previous'), words.previous),
        el('button', { type: 'button', class: 'gm-quiet', click: () => app.step(1) }, words.next, gm.icon('next')),
      ),
    );
  };

  const sizePart = (app, grid) => el('div', {}, gm.rowsOf(facts(app, grid)), exceptions(app, grid), findings(app, grid));

  /** What is recorded beside the size, one part at a time so that the card is read without scrolling. */
  function parts(app, index) {
    const words = app.words;
    const grid = app.data.grids[index];
    const ofLife = grid.life ? [
      [app.data.hasStaffing ? words.tab_team : words.tab_party, gm.teamPart(app, index)],
      [words.tab_work, gm.workPart(app, index)],
    ] : [];
    // until the reader has chosen a part, the one that the map is about stands first
    const first = grid.issues && (app.isAboutIssues || gm.isViewOfIssues(app)) ? ofLife.length : 0;
    return gm.tabbed('gm-card-tab', [
      ...ofLife,
      ...(grid.issues ? [[words.tab_issues, gm.issuePart(app, index)]] : []),
      [words.tab_size, sizePart(app, grid)],
    ], app.cardTab < 0 ? first : app.cardTab, (i) => { app.cardTab = i; });
  }

  function head(app, grid) {
    const tags = [];
    if (grid.locked) { tags.push(el('span', { class: 'gm-tag' }, app.words.locked)); }
    return el(
      'header',
      { class: 'gm-card-head' },
      el('div', {}, el('h2', {}, grid.name), el('div', { class: 'gm-code' }, grid.code, ' · ', app.data.kinds[grid.kind], tags)),
      el('button', { type: 'button', class: 'gm-round', 'aria-label': app.words.close, title: app.words.close, click: () => app.choose(-1) }, gm.icon('close')),
    );
  }

  function households(app, grid) {
    const why = grid.hidden ? app.words.hidden_why : app.words.unknown_why;
    if (grid.hh === null) { return el('span', { title: why }, app.words.unknown, el('small', {}, why)); }
    return gm.fill(app.words.hh, { n: gm.number(grid.hh) });
  }

  function counted(app, grid) {
    if (grid.counts === 'households') { return grid.hh === null ? app.words.unknown : gm.fill(app.words.hh, { n: gm.number(grid.hh) }); }
    return gm.fill(app.words.group_n, { n: grid.units });
  }

  /** The figure, and a bar against the target and its band. */
  function size(app, grid) {
    const words = app.words;
    const isUnknown = grid.counted === null;
    const verdict = grid.kind === 'dedicated' ? words.no_band : isUnknown ? (grid.hidden ? words.hidden_why : words.unknown_why)
      : grid.kept ? words.in_band : grid.counted < grid.lower ? words.under_band : words.over_band;
    const level = grid.kept === false ? 'off' : 'on';
    return el(
      'div',
      { class: 'gm-size' },
      el('div', { class: 'gm-size-row' }, el('strong', {}, counted(app, grid)), el('span', { class: 'gm-verdict gm-verdict-' + level }, verdict)),
      isUnknown || grid.kind === 'dedicated' ? null : bar(grid),
      grid.kind === 'dedicated' ? null : el(
        'div',
        { class: 'gm-size-note' },
        gm.fill(words.band, { a: grid.lower, b: grid.upper }),
        grid.counts === 'households' ? ' · ' + gm.fill(words.target, { n: grid.target }) : '',
        grid.dev === null || grid.counts !== 'households' ? '' : ' · ' + words.deviation + ' ' + gm.percent(grid.dev),
      ),
    );
  }

  function bar(grid) {
    const most = Math.max(grid.upper * 1.5, grid.counted * 1.08);
    const x = (n) => n / most * 100;
    return gm.svg(
      'svg',
      { viewBox: '0 0 100 16', preserveAspectRatio: 'none', class: 'gm-bar', 'aria-hidden': 'true' },
      gm.svg('rect', { x: 0, y: 5, width: 100, height: 6, class: 'gm-bar-back' }),
      gm.svg('rect', { x: x(grid.lower), y: 2, width: x(grid.upper) - x(grid.lower), height: 12, class: 'gm-bar-band' }),
      gm.svg('rect', { x: 0, y: 5, width: x(grid.counted), height: 6, class: grid.kept ? 'gm-bar-on' : 'gm-bar-off' }),
      grid.counts === 'units' ? null : gm.svg('line', { x1: x(grid.target), x2: x(grid.target), y1: 0, y2: 16, class: 'gm-bar-target', 'vector-effect': 'non-scaling-stroke' }),
    );
  }

  function listed(app, names) {
    const text = names.first.join(app.words.list_separator);
    return names.n > names.first.length ? text + ' ' + gm.fill(app.words.and_more, { n: names.n }) : text;
  }

  function facts(app, grid) {
    const words = app.words;
    const rows = [];
    if (grid.counts === 'units') {
      const note = el('small', {}, gm.fill(words.soft_target, { n: grid.soft }));
      rows.push([words.households, el('span', {}, households(app, grid), grid.hh === null ? '' : note)]);
    }
    const isBuilt = grid.unitKind !== 'group' && grid.buildings > 0;
    const names = grid.names.n ? el('small', {}, listed(app, grid.names)) : '';
    const unitWord = grid.unitKind === 'group' ? ['groups', 'group_n'] : grid.unitKind === 'building' ? ['buildings', 'building_n'] : ['units', 'unit_n'];
    if (!isBuilt) { rows.push([words[unitWord[0]], el('span', {}, gm.fill(words[unitWord[1]], { n: gm.number(grid.units) }), names)]); }
    if (grid.buildings) { rows.push([words.buildings, el('span', {}, gm.fill(words.building_n, { n: gm.number(grid.buildings) }), isBuilt ? names : '')]); }
    if (grid.compounds.n) { rows.push([words.compounds, listed(app, grid.compounds)]); }
    if (grid.dedicated.n) { rows.push([words.dedicated, listed(app, grid.dedicated)]); }
    if (grid.premises) { rows.push([words.premises, gm.fill(words.premises_n, { n: gm.number(grid.premises) })]); }
    rows.push([words.area, gm.fill(words.area_ha, { n: grid.ha })]);
    return rows;
  }

  function exceptions(app, grid) {
    if (!grid.exceptions.length) { return null; }
    return el('div', { class: 'gm-notes gm-notes-exception' }, el('h3', {}, gm.swatch('#fff', true), app.words.exceptions), grid.exceptions.map((e) => el(
      'p', {}, el('b', {}, e.rule, ' ', app.data.reasons[e.reason] || e.reason), ' ', e.text,
    )));
  }

  function findings(app, grid) {
    const words = app.words;
    if (!grid.findings.length) { return el('div', { class: 'gm-notes gm-notes-none' }, words.findings_none); }
    return el(
      'div',
      { class: 'gm-notes' },
      el('h3', {}, words.findings),
      grid.findings.map((f) => el('p', { class: 'gm-finding gm-' + f.severity }, f.text)),
      grid.moreFindings ? el('p', {}, gm.fill(words.more, { n: grid.moreFindings })) : null,
    );
  }
})(window.gridmap);

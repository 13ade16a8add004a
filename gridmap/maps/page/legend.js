/* The legend: how the grids are coloured, what the marks mean, which layers are on. It lists only what is on the map. */
(function (gm) {
  'use strict';

  const { el } = gm;

  gm.legend = function (app) {
    const box = el('div', { class: 'gm-legend' });
    const classes = el('div', { class: 'gm-classes' });
    const render = () => classes.replaceChildren(...(gm.isHeatOn(app) ? [el('p', { class: 'gm-home-note' }, app.words.heat_over_grids)] : gm.classGroups(app, true)), gm.marks(app));
    box.append(modes(app), classes, gm.hasIssues(app) ? gm.issueLayers(app) : '', gm.hasPoints(app) ? symbols(app) : '', layers(app));
    app.on('mode', render);
    app.on('layer', render);
    render();
    return box;
  };

  function modes(app) {
    const options = app.data.modes.map((mode, i) => el(
      'label',
      { class: 'gm-mode' },
      el('input', { type: 'radio', name: 'gm-mode', value: i, checked: i === app.modeIndex, change: () => app.setMode(i) }),
      el('span', {}, mode.label),
    ));
    app.on('mode', () => options.forEach((label, i) => { label.firstChild.checked = i === app.modeIndex; }));
    const part = (title, isWanted) => {
      const mine = options.filter((_, i) => isWanted(app.data.modes[i]));
      return mine.length ? el('fieldset', { class: 'gm-modes' }, el('legend', {}, title), el('div', { class: 'gm-segments' }, mine)) : null;
    };
    return el('div', {}, part(app.words.colour_by, (mode) => mode.about !== 'issues'), part(app.words.colour_by_issues, (mode) => mode.about === 'issues'));
  }

  /** The groups of classes of the present colouring; in the page a click on a class shows its grids alone. */
  gm.classGroups = function (app, isLive) {
    const mode = app.mode();
    return mode.groups.map((group) => el(
      'div',
      { class: 'gm-group' },
      group.title ? el('div', { class: 'gm-group-title' }, group.title) : null,
      group.ticks ? scale(app, mode, group, isLive) : list(app, mode, group, isLive),
    ));
  };

  function chooser(app, index, isLive, attributes, ...children) {
    if (!isLive) { return el('div', attributes, ...children); }
    const button = el('button', Object.assign({ type: 'button', 'aria-pressed': String(app.only === index) }, attributes, {
      click: () => app.setOnly(app.only === index ? -1 : index),
    }), ...children);
    return button;
  }

  function scale(app, mode, group, isLive) {
    const boxes = group.classes.map((index) => {
      const entry = mode.classes[index];
      return chooser(
        app, index, isLive,
        { class: 'gm-step', title: entry.label + ' (' + entry.n + ')', 'aria-label': entry.label + ' ' + entry.n },
        el('span', { class: 'gm-step-n' }, gm.number(entry.n)),
        el('span', { class: 'gm-step-colour', style: { background: entry.colour } }),
        group.ticks.length ? null : el('span', { class: 'gm-step-label' }, entry.label),
      );
    });
    const ticks = group.ticks.map((tick, i) => el(
      'span',
      { class: 'gm-tick', style: { left: (i + 1) / group.classes.length * 100 + '%' } },
      tick,
    ));
    return el('div', { class: 'gm-scale' }, el('div', { class: 'gm-steps' }, boxes), ticks.length ? el('div', { class: 'gm-ticks' }, ticks) : null);
  }

  function list(app, mode, group, isLive) {
    const isLong = group.classes.length > 8;
    return el('div', { class: 'gm-list' + (isLong ? ' gm-list-long' : '') }, group.classes.filter((i) => mode.classes[i].n).map((index) => {
      const entry = mode.classes[index];
      return chooser(
        app, index, isLive, { class: 'gm-entry' },
        gm.swatch(entry.colour, entry.hatch ? 'few' : false, entry.sign), el('span', { class: 'gm-entry-label' }, entry.label), el('span', { class: 'gm-count' }, '(' + gm.number(entry.n) + ')'),
      );
    }));
  }

  /** Marks that lie over every colouring; only those that occur. */
  gm.marks = function (app) {
    if (gm.isAboutIssues(app)) { return el('div', {}); } // then they are not on the map
    const nExcepted = app.data.grids.filter((g) => g.exceptions.length).length;
    const nBroken = app.data.grids.filter((g) => g.broken).length;
    const rows = [];
    if (nExcepted) { rows.push([gm.swatch('#fff', true), app.data.marks.exception, nExcepted]); }
    if (nBroken) { rows.push([gm.lineSample('#111', 3, [6, 3]), app.data.marks.broken, nBroken]); }
    return el('div', { class: 'gm-list gm-marks' }, rows.map(([sample, text, n]) => el(
      'div', { class: 'gm-entry' }, sample, el('span', { class: 'gm-entry-label' }, text), el('span', { class: 'gm-count' }, '(' + n + ')'),
    )));
  };

  /** The switch of a layer, which follows when something else switches it. */
  gm.layerSwitch = function (app, key) {
    const box = el('input', { type: 'checkbox', checked: app.isOn(key), change: () => app.switchLayer(key, box.checked) });
    const follow = () => { box.checked = app.isOn(key); };
    app.on('layer', follow);
    app.on('mode', follow);
    return box;
  };

  /** The kinds of point that are on the map, each with its symbol, its number and a switch. */
  function symbols(app) {
    const rows = gm.pointKinds(app).map(([key, n]) => el(
      'label',
      { class: 'gm-entry' },
      el('input', { type: 'checkbox', checked: app.isOn('point:' + key), change: (event) => app.switchLayer('point:' + key, event.target.checked) }),
      gm.sampleOf(app, key, 'in_use'), el('span', { class: 'gm-entry-label' }, gm.pointKindName(app, key)), el('span', { class: 'gm-count' }, '(' + gm.number(n) + ')'),
    ));
    return el('fieldset', { class: 'gm-layers gm-symbols' }, el(
      'legend', {},
      el('label', { class: 'gm-entry' }, gm.layerSwitch(app, 'points'),
        app.words.points, el('span', { class: 'gm-count' }, '(' + gm.number(app.data.points.filter((row) => row.at).length) + ')')),
    ), el('div', { class: 'gm-layer-list' }, rows), gm.pointStates(app), unmarkedNote(app));
  }

  /** How states are drawn: those that are on the map. */
  gm.pointStates = function (app) {
    const present = new Set(app.pointMarks.map((mark) => mark.status));
    const keys = Object.keys(app.data.pointWords.status).filter((key) => present.has(key));
    return el('div', { class: 'gm-states' }, keys.map((key) => el('span', {}, gm.sampleOf(app, 'grid_point', key), app.data.pointWords.status[key])));
  };

  function unmarkedNote(app) {
    const n = app.data.points.filter((row) => !row.at).length;
    return n ? el('p', { class: 'gm-home-note' }, gm.fill(app.words.not_marked, { n })) : null;
  }

  /** The same on paper, without switches. */
  gm.printedSymbols = (app) => el('div', {}, el('div', { class: 'gm-list' }, gm.pointKinds(app).filter(([key]) => app.isOn('point:' + key)).map(([key, n]) => el(
    'div', { class: 'gm-entry' }, gm.sampleOf(app, key, 'in_use'), el('span', { class: 'gm-entry-label' }, gm.pointKindName(app, key)), el('span', { class: 'gm-count' }, '(' + gm.number(n) + ')'),
  ))), gm.pointStates(app), unmarkedNote(app));

  gm.layerSample = function (app, key) {
    const ground = app.data.palette.ground;
    const road = app.data.palette.roads[1];
    const samples = {
      labels: () => el('span', { class: 'gm-swatch gm-swatch-text', 'aria-hidden': 'true' }, '01'),
      jurisdictions: () => gm.lineSample(ground.jurisdiction, 2.5),
      grids: () => gm.lineSample(ground.grid, 1.5),
      units: () => gm.lineSample(ground.unit, 1),
      premises: () => gm.svg('svg', { viewBox: '0 0 22 14', width: 22, height: 14, class: 'gm-swatch', 'aria-hidden': 'true' }, gm.svg('rect', { x: 8, y: 4, width: 6, height: 6, fill: ground.premises })),
      barriers: () => gm.lineSample(app.data.palette.barriers.railway[0], 2, [5, 3]),
      roads: () => gm.lineSample(road[0], 3, [], road[1]),
      buildings: () => gm.swatch(ground.building),
      water: () => gm.swatch(ground.water),
      green: () => gm.swatch(ground.green),
    };
    return samples[key]();
  };

  gm.presentLayers = (app) => Object.keys(app.data.layers).filter((key) => key === 'labels' || (app.layers[key] || []).length);

  function layers(app) {
    const rows = gm.presentLayers(app).map((key) => el(
      'label',
      { class: 'gm-entry' },
      el('input', { type: 'checkbox', checked: app.isOn(key), change: (event) => app.switchLayer(key, event.target.checked) }),
      gm.layerSample(app, key),
      el('span', { class: 'gm-entry-label' }, app.data.layers[key]),
      app.layers[key] && key !== 'labels' ? el('span', { class: 'gm-count' }, '(' + gm.number(app.layers[key].length) + ')') : null,
    ));
    return el('fieldset', { class: 'gm-layers' }, el('legend', {}, app.words.layers), el('div', { class: 'gm-layer-list' }, rows));
  }
})(window.gridmap);

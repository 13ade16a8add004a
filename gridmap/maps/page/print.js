/* The printed sheet, A3 across: title, map, legend, figures, signatures; on the following pages the table of grids. */
(function (gm) {
  'use strict';

  const { el } = gm;
  const SHARPNESS = 3; // canvas pixels for each CSS pixel: about 290 dots an inch

  function head(app) {
    return el('div', { class: 'gm-print-head' }, el('h1', {}, app.data.title), el('div', { class: 'gm-badges' }, gm.badges(app)));
  }

  function side(app) {
    const layers = gm.presentLayers(app).filter((key) => key !== 'labels' && app.isOn(key));
    return el(
      'div',
      { class: 'gm-print-side' },
      el('div', { class: 'gm-print-figures' }, gm.figures(app)),
      el('p', { class: 'gm-sentence gm-sentence-' + app.data.sentence.level }, app.data.sentence.text),
      el('h2', {}, app.words.legend),
      gm.isHeatOn(app) ? null : gm.classGroups(app, false),
      gm.printedIssues(app),
      gm.marks(app),
      gm.hasPoints(app) && app.isOn('points') ? gm.printedSymbols(app) : null,
      el('div', { class: 'gm-list' }, layers.map((key) => el('div', { class: 'gm-entry' }, gm.layerSample(app, key), el('span', { class: 'gm-entry-label' }, app.data.layers[key])))),
    );
  }

  function foot(app) {
    const words = app.words;
    return el(
      'div',
      { class: 'gm-print-foot' },
      gm.about(app),
      el('div', { class: 'gm-signatures' }, [words.drawn_by, words.checked_by, words.signed_on].map((text) => el('span', {}, text, el('i', {})))),
    );
  }

  function table(app) {
    const words = app.words;
    const cell = (grid) => [
      el('td', {}, grid.name),
      el('td', {}, grid.unitKind === 'group' || !grid.buildings ? grid.units : grid.buildings),
      el('td', {}, grid.hh === null ? words.unknown : gm.number(grid.hh)),
      el('td', {}, grid.dev === null || grid.counts !== 'households' ? '' : gm.percent(grid.dev)),
      el('td', {}, grid.broken ? words.broken_mark : grid.exceptions.length ? words.exception_mark : ''),
    ];
    const heading = el('tr', {}, [words.col_grid, words.col_units, words.col_households, words.col_deviation, ''].map((text) => el('th', {}, text)));
    const perBlock = 50;
    const blocks = [];
    for (let i = 0; i < app.data.grids.length; i += perBlock) {
      blocks.push(el('table', { class: 'gm-table' }, el('thead', {}, heading.cloneNode(true)), el('tbody', {}, app.data.grids.slice(i, i + perBlock).map((grid) => el('tr', {}, cell(grid))))));
    }
    return el('div', { class: 'gm-print-table' }, el('h2', {}, app.data.title + ' · ' + words.table_title), el('div', { class: 'gm-print-blocks' }, blocks), el('div', { class: 'gm-print-exceptions' }, gm.exceptionList(app)));
  }

  gm.north = (app) => el('div', { class: 'gm-north', 'aria-hidden': 'true' }, gm.svg(
    'svg',
    { viewBox: '0 0 30 44', width: 30, height: 44 },
    gm.svg('path', { d: 'M15 2 L25 30 L15 24 Z', fill: '#1f2933' }),
    gm.svg('path', { d: 'M15 2 L5 30 L15 24 Z', fill: '#fff', stroke: '#1f2933' }),
    gm.svg('text', { x: 15, y: 42, 'text-anchor': 'middle', 'font-size': 12, fill: '#1f2933' }, app.words.north),
  ));

  /** Sets the sheet when the browser is about to print, and the screen afterwards. */
  gm.preparePrint = function (app) {
    const { map } = app;
    let before = null;
    let parts = [];

    function arrange() {
      if (before) { return; }
      before = { centre: map.getCenter(), zoom: map.getZoom() };
      parts = [head(app), side(app), foot(app), el('div', { class: 'gm-print-page' }), table(app)];
      document.body.append(...parts);
      document.documentElement.classList.add('gm-printing');
      app.isPrinting = true;
      app.sheets.forEach((sheet) => { sheet.ratio = SHARPNESS; });
      map.invalidateSize({ animate: false, pan: false });
      app.showTown(false);
      app.sheets.forEach((sheet) => sheet._render());
      parts.push(picture(app.sheets[0]._container));
    }
    /** The canvas as a picture in its place: Chromium prints a canvas that was resized for the print as white. */
    function picture(canvas) {
      const image = el('img', { src: canvas.toDataURL('image/png'), alt: '', decoding: 'sync', class: 'gm-print-picture' });
      image.style.cssText = canvas.style.cssText;
      canvas.after(image);
      return image;
    }
    function restore() {
      if (!before) { return; }
      parts.forEach((part) => part.remove());
      document.documentElement.classList.remove('gm-printing');
      app.isPrinting = false;
      app.sheets.forEach((sheet) => { sheet.ratio = 0; });
      map.invalidateSize({ animate: false, pan: false });
      map.setView(before.centre, before.zoom, { animate: false });
      before = null;
      app.redraw();
    }
    window.addEventListener('beforeprint', arrange);
    window.addEventListener('afterprint', restore);
  };
})(window.gridmap);

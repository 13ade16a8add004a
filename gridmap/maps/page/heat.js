/* Heat: a small lattice of levels as a smooth picture inside the town, of the whole period or of one month. */
(function (gm) {
  'use strict';

  const { el } = gm;
  const STEP_MS = 1300; // a month while the months are played

  const heatOf = (app) => (app.data.issues ? app.data.issues.heat : null);

  gm.hasHeat = (app) => !!heatOf(app);
  gm.isHeatOn = (app) => gm.hasHeat(app) && app.isOn('heat');

  gm.heatFrame = (app) => heatOf(app).frames[app.heatAt];

  /** The month that is shown, counted from year 0, or null for the whole period. */
  gm.shownMonth = (app) => (gm.hasHeat(app) ? gm.heatFrame(app).month : null);

  const rgb = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

  /** Colour and opacity at a place of the scale, 0 … 1: what is low is light and lets the map show. */
  gm.heatColour = function (heat, share) {
    const at = Math.min(Math.max(share, 0), 1) * (heat.colours.length - 1);
    const i = Math.min(Math.floor(at), heat.colours.length - 2);
    const [a, b] = [rgb(heat.colours[i]), rgb(heat.colours[i + 1])];
    return [...a.map((v, k) => Math.round(v + (b[k] - v) * (at - i))), Math.min(0.82, 0.12 + 1.1 * share)];
  };

  /** The picture of a frame, one pixel a cell. */
  function picture(heat, frame) {
    if (frame.picture) { return frame.picture; }
    const canvas = document.createElement('canvas');
    canvas.width = heat.nx;
    canvas.height = heat.ny;
    const ctx = canvas.getContext('2d');
    const image = ctx.createImageData(heat.nx, heat.ny);
    const colours = Array.from({ length: heat.levels + 1 }, (_, level) => gm.heatColour(heat, level / heat.levels));
    for (let i = 0; i < frame.cells.length; i += 1) {
      const level = frame.cells.charCodeAt(i) - heat.blank;
      const [r, g, b, a] = colours[level];
      // a blank cell keeps the lightest colour and no opacity, so that the rim does not darken
      image.data.set([r, g, b, level ? Math.round(a * 255) : 0], i * 4);
    }
    ctx.putImageData(image, 0, 0);
    frame.picture = canvas;
    return canvas;
  }

  const P = gm.Painter.prototype;

  P.heat = function () {
    const { ctx, view, app } = this;
    const heat = heatOf(app);
    const precision = app.data.precision;
    const [nw, ne, sw] = heat.corners.map(([lon, lat]) => [gm.worldX(lon / precision) * view.scale - view.ox, gm.worldY(lat / precision) * view.scale - view.oy]);
    ctx.save();
    ctx.beginPath();
    for (const shape of app.layers.jurisdictions) { gm.trace(ctx, view, shape, true); }
    ctx.clip('evenodd');
    ctx.transform((ne[0] - nw[0]) / heat.nx, (ne[1] - nw[1]) / heat.nx, (sw[0] - nw[0]) / heat.ny, (sw[1] - nw[1]) / heat.ny, nw[0], nw[1]);
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = 'high';
    ctx.drawImage(picture(heat, gm.heatFrame(app)), 0, 0);
    ctx.restore();
  };

  /** The scale with its ticks, for the map and the printed sheet. */
  gm.heatScale = function (app) {
    const heat = heatOf(app);
    const frame = gm.heatFrame(app);
    const stops = Array.from({ length: 9 }, (_, i) => {
      const [r, g, b, a] = gm.heatColour(heat, i / 8);
      return 'rgba(' + [r, g, b, a].join(',') + ') ' + i / 8 * 100 + '%';
    });
    const ticks = frame.ticks.map(([place, text]) => el('span', { class: 'gm-tick', style: { left: place * 100 + '%' } }, text));
    return el(
      'div', { class: 'gm-heat-scale' },
      el('div', { class: 'gm-heat-bar', style: { background: 'linear-gradient(90deg,' + stops.join(',') + ')' } }),
      el('div', { class: 'gm-ticks' }, ticks),
      el('div', { class: 'gm-heat-unit' }, heat.unit, heat.note ? el('span', {}, heat.note) : null),
    );
  };

  gm.heatName = (app) => {
    const frame = gm.heatFrame(app);
    return (frame.label || app.words.heat_total) + ' · ' + gm.fill(app.words.issue_n, { n: frame.n });
  };

  /** Under the map: which month, with a slider and a button that plays them. It serves heat and single issues. */
  gm.heatBox = function (app) {
    const heat = heatOf(app);
    if (!heat) { return null; }
    const { words } = app;
    const n = heat.frames.length;
    const wantsRest = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
    let timer = 0;
    const name = el('output', { class: 'gm-heat-name' });
    const scale = el('div', {});
    const slider = el('input', { type: 'range', min: 0, max: n - 1, step: 1, value: 0, 'aria-label': words.months, input: () => { stop(); show(Number(slider.value)); } });
    const play = el('button', { type: 'button', class: 'gm-round gm-heat-play', click: () => (timer ? stop() : start()) });
    const box = el('div', { class: 'gm-heat-box', hidden: true }, name, n > 1 ? el('div', { class: 'gm-heat-row' }, wantsRest ? null : play, slider) : null, scale);

    function show(at) {
      app.heatAt = at;
      update();
      app.tell('month');
      app.redraw();
    }
    function update() {
      const isHeat = app.isOn('heat');
      const isShown = isHeat || (app.isOn('issues') && gm.hasSingleIssues(app) && n > 1);
      if (!isShown) { stop(); }
      box.hidden = !isShown;
      slider.value = app.heatAt;
      slider.setAttribute('aria-valuetext', gm.heatName(app));
      name.textContent = gm.heatName(app);
      scale.replaceChildren(isHeat ? gm.heatScale(app) : '');
    }
    function start() {
      timer = setInterval(() => show(app.heatAt + 1 < n ? app.heatAt + 1 : 1), STEP_MS);
      if (app.heatAt === 0 || app.heatAt === n - 1) { show(1); }
      label();
    }
    function stop() {
      clearInterval(timer);
      timer = 0;
      label();
    }
    function label() {
      const text = timer ? words.heat_pause : words.heat_play;
      play.setAttribute('aria-label', text);
      play.title = text;
      play.replaceChildren(gm.icon(timer ? 'pause' : 'play'));
    }
    label();
    update();
    app.on('layer', update);
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
})(window.gridmap);

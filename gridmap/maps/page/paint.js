/* What is painted on the map, from the ground up. */
(function (gm) {
  'use strict';

  const SMALLEST = 7; // pixels: units of which most are smaller than this would only grey the map
  const AT_ONCE = 100; // the time to stroke a path grows faster than its length
  const PLAIN = ['deviation', 'kind', 'jurisdiction']; // colourings that let the ground show

  function hatching(ctx, colour, ratio, isFalling) {
    const tile = document.createElement('canvas');
    const side = 7;
    tile.width = tile.height = Math.round(side * ratio);
    const pen = tile.getContext('2d');
    const real = tile.width;
    pen.beginPath();
    if (isFalling) { pen.setTransform(-1, 0, 0, 1, real, 0); }
    for (const at of [-real, 0, real]) {
      pen.moveTo(at - 2, real + 2);
      pen.lineTo(at + real + 2, -2);
    }
    pen.strokeStyle = 'rgba(255,255,255,0.75)'; // a light line under the dark one: seen on dark fills too
    pen.lineWidth = 2.6 * ratio;
    pen.stroke();
    pen.strokeStyle = colour;
    pen.lineWidth = 1.1 * ratio;
    pen.stroke();
    const pattern = ctx.createPattern(tile, 'repeat');
    pattern.setTransform(new DOMMatrix().scale(side / real));
    return pattern;
  }

  gm.Painter = function (app) {
    this.app = app;
    this.ground = app.data.palette.ground;
    const sizes = app.layers.units.map((shape) => Math.max(shape.box[2] - shape.box[0], shape.box[3] - shape.box[1]));
    this.typicalUnit = sizes.sort((a, b) => a - b)[Math.floor(sizes.length / 2)];
    app.data.jurisdictions.forEach((row, i) => {
      const rooms = app.data.grids.filter((g) => g.j === i).map((g) => g.room || 0).sort((a, b) => a - b);
      row.index = i;
      row.typicalRoom = rooms[Math.floor(rooms.length / 2)] || 0;
    });
  };

  const P = gm.Painter.prototype;

  P.base = function (ctx, view) {
    const app = this.app;
    this.ctx = ctx;
    this.view = view;
    ctx.lineJoin = 'round';
    ctx.lineCap = 'round';
    this.land();
    if (app.isOn('green')) { this.areas('green', this.ground.green); }
    if (app.isOn('water')) { this.areas('water', this.ground.water, this.ground.water_line); }
    this.grids();
    if (gm.isHeatOn(app)) { this.heat(); }
    if (app.isOn('buildings') && view.perPixel < 7) { this.areas('buildings', this.ground.building); }
    if (app.isOn('units') && view.perPixel < 6 && this.typicalUnit * view.scale > SMALLEST) { this.outlines('units', this.ground.unit, view.perPixel < 2.5 ? 0.8 : 0.4); }
    if (app.isOn('roads')) { this.roads(); }
    if (app.isOn('barriers')) { this.barriers(); }
    if (app.isOn('grids')) { this.outlines('grids', this.ground.grid, view.perPixel > 12 ? 0.9 : 1.5); }
    if (app.isOn('jurisdictions')) { this.outlines('jurisdictions', this.ground.jurisdiction, view.perPixel > 25 ? 1.6 : 2.5); }
    if (app.mode().about === 'issues') { this.edges(); }
    if (!gm.isAboutIssues(app)) { this.broken(); }
    if (app.isOn('premises') && view.perPixel < 4) { this.premises(); }
    this.pointBoxes = [];
    if (gm.hasPoints(app)) { this.points(); }
    if (app.mode().about === 'issues' && !gm.isHeatOn(app)) { this.signs(); }
    if (gm.hasIssueMarks(app) && app.isOn('issues')) { this.issues(); }
    if (app.isOn('labels')) { this.labels(); }
  };

  /** Paper outside, land inside, and a soft rim that lifts the town off the paper. */
  P.land = function () {
    const { ctx, view } = this;
    if (this.app.hasTiles) { return; }
    ctx.fillStyle = this.ground.paper;
    ctx.fillRect(0, 0, view.width, view.height);
    ctx.beginPath();
    for (const shape of this.app.layers.jurisdictions) { gm.trace(ctx, view, shape, true); }
    ctx.strokeStyle = this.ground.rim;
    ctx.lineWidth = 14;
    ctx.stroke();
    ctx.fillStyle = this.ground.land;
    ctx.fill('evenodd');
  };

  P.areas = function (name, fill, line) {
    const { ctx, view } = this;
    ctx.fillStyle = fill;
    for (const shape of this.app.layers[name] || []) {
      if (!gm.meets(shape.box, view.box)) { continue; }
      ctx.beginPath();
      gm.trace(ctx, view, shape, shape.isArea);
      if (shape.isArea) {
        ctx.fill('evenodd');
      } else if (shape.rings.length && shape.rings[0].length > 2) {
        ctx.strokeStyle = line || fill;
        ctx.lineWidth = Math.max(1, Math.min(5, 14 / view.perPixel));
        ctx.stroke();
      }
    }
  };

  P.grids = function () {
    const { ctx, view, app } = this;
    if (gm.isHeatOn(app)) { return; } // two scales over each other would be read as neither
    const mode = app.mode();
    const hatch = hatching(ctx, this.ground.hatch, view.ratio);
    const tooFew = mode.about === 'issues' ? hatching(ctx, app.data.issues.lines.few, view.ratio, true) : null;
    // fields and ponds would tint a scale of pale colours into other classes of it
    const fades = !app.hasTiles && !PLAIN.includes(mode.key);
    app.layers.grids.forEach((shape, i) => {
      if (!gm.meets(shape.box, view.box)) { return; }
      const isDim = app.only >= 0 && mode.of[i] !== app.only;
      ctx.beginPath();
      gm.trace(ctx, view, shape, true);
      if (fades) {
        ctx.globalAlpha = 0.75;
        ctx.fillStyle = this.ground.land;
        ctx.fill('evenodd');
      }
      ctx.globalCompositeOperation = app.hasTiles ? 'source-over' : 'multiply';
      ctx.globalAlpha = isDim ? 0.12 : app.hasTiles ? 0.62 : 1;
      ctx.fillStyle = mode.classes[mode.of[i]].colour;
      ctx.fill('evenodd');
      ctx.globalCompositeOperation = 'source-over';
      ctx.globalAlpha = isDim ? 0.1 : 0.7;
      if (mode.about === 'issues') {
        if (mode.classes[mode.of[i]].hatch) { ctx.fillStyle = tooFew; ctx.fill('evenodd'); }
      } else if (app.data.grids[i].exceptions.length) {
        ctx.fillStyle = hatch;
        ctx.fill('evenodd');
      }
      ctx.globalAlpha = 1;
    });
  };

  P.outlines = function (name, colour, width) {
    const { ctx, view } = this;
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    const seen = (this.app.layers[name] || []).filter((shape) => gm.meets(shape.box, view.box));
    for (let i = 0; i < seen.length; i += AT_ONCE) {
      ctx.beginPath();
      seen.slice(i, i + AT_ONCE).forEach((shape) => gm.trace(ctx, view, shape, true));
      ctx.stroke();
    }
  };

  P.roads = function () {
    const { ctx, view, app } = this;
    const styles = app.data.palette.roads;
    const grow = Math.min(1.5, 4 / view.perPixel);
    for (const cls of [4, 3, 2, 1]) {
      const [fill, casing, full] = styles[cls];
      const width = full * grow;
      if (width < 0.5) { continue; }
      ctx.beginPath();
      for (const shape of app.layers.roads || []) {
        if (shape.cls === cls && gm.meets(shape.box, view.box)) { gm.trace(ctx, view, shape, shape.isArea); }
      }
      ctx.strokeStyle = casing;
      ctx.lineWidth = width > 1.9 ? width + 1.3 : Math.max(0.7, width);
      ctx.stroke();
      if (width > 1.9) {
        ctx.strokeStyle = fill;
        ctx.lineWidth = width;
        ctx.stroke();
      }
    }
  };

  P.barriers = function () {
    const { ctx, view, app } = this;
    for (const [kind, [colour, width, dashes]] of Object.entries(app.data.palette.barriers)) {
      if (kind === 'wall' && view.perPixel > 3) { continue; }
      ctx.beginPath();
      for (const shape of app.layers.barriers || []) {
        if (shape.kind === kind && gm.meets(shape.box, view.box)) { gm.trace(ctx, view, shape, shape.isArea); }
      }
      ctx.strokeStyle = colour;
      ctx.lineWidth = width;
      ctx.setLineDash(dashes);
      ctx.lineCap = 'butt';
      ctx.stroke();
      ctx.setLineDash([]);
      ctx.lineCap = 'round';
    }
  };

  /** Grids that break a hard rule: a heavy line, and a sign in words of shape rather than colour. */
  P.broken = function () {
    const { ctx, view, app } = this;
    app.data.grids.forEach((grid, i) => {
      const shape = app.layers.grids[i];
      if (!grid.broken || !gm.meets(shape.box, view.box)) { return; }
      ctx.beginPath();
      gm.trace(ctx, view, shape, true);
      ctx.strokeStyle = this.ground.broken;
      ctx.lineWidth = 3.5;
      ctx.setLineDash([8, 4]);
      ctx.stroke();
      ctx.setLineDash([]);
    });
  };

  P.warning = function (x, y) {
    const { ctx } = this;
    ctx.beginPath();
    ctx.moveTo(x, y - 9);
    ctx.lineTo(x + 9, y + 7);
    ctx.lineTo(x - 9, y + 7);
    ctx.closePath();
    ctx.fillStyle = this.ground.broken;
    ctx.strokeStyle = this.ground.halo;
    ctx.lineWidth = 3;
    ctx.stroke();
    ctx.fill();
    ctx.fillStyle = '#fff';
    ctx.font = gm.font(11, 700);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText('!', x, y + 1.5);
  };

  P.premises = function () {
    const { ctx, view, app } = this;
    const { scale, ox, oy } = view;
    ctx.fillStyle = this.ground.premises;
    ctx.strokeStyle = this.ground.halo;
    ctx.lineWidth = 1.5;
    for (const shape of app.layers.premises || []) {
      if (!gm.meets(shape.box, view.box)) { continue; }
      ctx.beginPath();
      ctx.rect(shape.box[0] * scale - ox - 3, shape.box[1] * scale - oy - 3, 6, 6);
      ctx.stroke();
      ctx.fill();
    }
  };

  P.labels = function () {
    const { ctx, view, app } = this;
    const labels = new gm.Labels(ctx, view, this.ground.halo);
    app.labelBoxes = labels.taken;
    labels.taken.push(...this.pointBoxes);
    this.warnings(labels);
    if (app.isPrinting) { // paper is sharper than a screen and is read from nearer: names and numbers both
      this.jurisdictionNames(labels, () => true);
      this.gridNumbers(labels, app.data.jurisdictions.map(() => true));
    } else {
      this.placesAndNumbers(labels);
    }
    if (view.perPixel < 9) { this.lineNames(labels, 'roads', this.ground.road_text, (shape) => shape.cls <= 2 || view.perPixel < 2.5); }
    if (view.perPixel < 14) { this.lineNames(labels, 'water', this.ground.water_text, () => true); }
    if (gm.hasPoints(app)) { this.pointNames(labels); }
    if (view.perPixel < 1.6) { this.premisesNames(labels); }
  };

  /** Each jurisdiction by its name until its grids have room for their numbers; then its name where room is left. */
  P.placesAndNumbers = function (labels) {
    const { view, app } = this;
    const isNumbered = app.data.jurisdictions.map((row) => !app.isTownScale() && row.typicalRoom / view.perPixel >= 10);
    this.jurisdictionNames(labels, (row) => !isNumbered[row.index]);
    this.gridNumbers(labels, isNumbered);
    this.jurisdictionNames(labels, (row) => isNumbered[row.index]);
  };

  P.warnings = function (labels) {
    const { view, app } = this;
    for (const grid of app.data.grids) {
      if (!grid.broken || !grid.place) { continue; }
      const x = grid.place[0] * view.scale - view.ox;
      const y = grid.place[1] * view.scale - view.oy - 16;
      labels.taken.push([x - 10, y - 10, x + 10, y + 8]);
      this.warning(x, y);
    }
  };

  P.gridNumbers = function (labels, isNumbered) {
    const { view, app } = this;
    const words = app.words;
    for (const grid of app.bySize) {
      if (!grid.place || !isNumbered[grid.j]) { continue; }
      const room = grid.room / view.perPixel;
      if (room < (app.isPrinting ? 4.5 : 7)) { continue; }
      const x = grid.place[0] * view.scale - view.ox;
      const y = grid.place[1] * view.scale - view.oy;
      const number = { text: grid.short, size: room > 40 ? 15 : app.isPrinting ? 9.5 : 12.5, weight: 700, colour: this.ground.ink };
      const lines = [number];
      if (room > 20 && grid.hh !== null && grid.kind !== 'dedicated') {
        lines.push({ text: gm.fill(words.hh_short, { n: gm.number(grid.hh) }), size: room > 40 ? 12 : app.isPrinting ? 8.5 : 11, weight: 400, colour: '#3b4650' });
      }
      const isPlaced = labels.place(lines, x, y, 1) || (lines.length > 1 && labels.place([number], x, y, 1));
      if (isPlaced || !this.pointBoxes.length) { continue; }
      for (const [dx, dy] of [[0, -18], [0, 18], [-20, 0], [20, 0]]) { // a symbol stands in the middle: beside it
        if (Math.hypot(dx, dy) < room && labels.place([number], x + dx, y + dy, 1)) { break; }
      }
    }
  };

  P.jurisdictionNames = function (labels, isWanted) {
    const { view, app } = this;
    for (const row of app.jurisdictionsBySize) {
      if (!row.place || !isWanted(row)) { continue; }
      const room = row.room / view.perPixel;
      if (room < 5) { continue; }
      const x = row.place[0] * view.scale - view.ox;
      const y = row.place[1] * view.scale - view.oy;
      const size = room > 30 ? 15 : 13;
      const line = { text: row.label, size, weight: 700, colour: this.ground.chosen, halo: 4 };
      const step = size * 1.5;
      const beside = this.pointBoxes.length ? [[-step, -step], [step, -step], [-step, step], [step, step], [-2 * step, 0], [2 * step, 0]] : [];
      for (const [dx, dy] of [[0, 0], [0, -step], [0, step], ...beside, [0, -2 * step], [0, 2 * step], [-3 * step, 0], [3 * step, 0]]) {
        if (Math.hypot(dx, dy) > Math.max(room, step * 0.6) && (dx || dy)) { continue; }
        if (labels.place([line], x + dx, y + dy, 2)) { break; }
      }
    }
  };

  P.lineNames = function (labels, layer, colour, isWanted) {
    const { view, app } = this;
    const done = new Set();
    for (const shape of app.layers[layer] || []) {
      if (!shape.name || done.has(shape.name) || !gm.meets(shape.box, view.box) || !isWanted(shape)) { continue; }
      const line = { text: shape.name, size: 11, weight: 400, colour };
      if (labels.along(line, shape)) { done.add(shape.name); }
    }
  };

  P.premisesNames = function (labels) {
    const { view, app } = this;
    for (const shape of app.layers.premises || []) {
      if (!shape.name || !gm.meets(shape.box, view.box)) { continue; }
      const x = shape.box[0] * view.scale - view.ox;
      const y = shape.box[1] * view.scale - view.oy + 12;
      labels.place([{ text: shape.name, size: 11, weight: 400, colour: this.ground.premises }], x, y, 0);
    }
  };

  /** The grid under the pointer and the chosen one, on a sheet of their own. */
  P.overlay = function (ctx, view) {
    const { app } = this;
    if (app.chosenIssue >= 0) { this.chosenIssue(ctx, view); }
    if (app.chosenPoint >= 0) { this.chosenPoint(ctx, view); }
    for (const [i, width] of [[app.hovered, 2.5], [app.chosen, 4]]) {
      if (i < 0) { continue; }
      ctx.beginPath();
      gm.trace(ctx, view, app.layers.grids[i], true);
      ctx.lineJoin = 'round';
      ctx.strokeStyle = this.ground.halo;
      ctx.lineWidth = width + 3;
      ctx.stroke();
      ctx.strokeStyle = this.ground.chosen;
      ctx.lineWidth = width;
      ctx.stroke();
    }
  };
})(window.gridmap);

/* The points on the map: their symbols, how they fan out where they fall on one place, and which one is under the pointer. */
(function (gm) {
  'use strict';

  const PARTY = { party_service_point: 'square', party_service_station: 'diamond' };

  gm.hasPoints = (app) => !!(app.data.points && app.data.points.length);

  /** What a point is drawn as: its key in the legend. A Party point that a grid point stands in is drawn with it. */
  const drawnAs = (row) => (row.two && row.kind === 'grid_point' && row.with !== undefined ? 'two_in_one' : row.kind);

  /** Marks: one for each point or pair that has a place; made once, when the page starts. */
  gm.pointMarks = function (app) {
    const rows = app.data.points || [];
    const within = new Set(rows.filter((r) => drawnAs(r) === 'two_in_one' && r.at).map((r) => r.with));
    const marks = [];
    rows.forEach((row, i) => {
      if (!row.at || within.has(i)) { return; }
      const isTwo = drawnAs(row) === 'two_in_one';
      const partner = isTwo ? rows[row.with] : null;
      marks.push({
        points: isTwo ? [i, row.with] : [i],
        key: drawnAs(row),
        shape: isTwo ? PARTY[partner.kind] || 'square' : PARTY[row.kind] || (row.kind === 'grid_point' ? 'circle' : 'letter'),
        status: isTwo && partner.status !== 'in_use' && row.status === 'in_use' ? partner.status : row.status,
        place: [gm.worldX(row.at[0] / app.data.precision), gm.worldY(row.at[1] / app.data.precision)],
      });
    });
    const rank = { two_in_one: 0, grid_point: 1, party_service_point: 2, party_service_station: 2 };
    return marks.sort((a, b) => (rank[a.key] === undefined ? 3 : rank[a.key]) - (rank[b.key] === undefined ? 3 : rank[b.key]));
  };

  /** Keys of the legend of points with how many there are, those that are on the map, in order. */
  gm.pointKinds = function (app) {
    const counts = new Map();
    for (const mark of app.pointMarks) { counts.set(mark.key, (counts.get(mark.key) || 0) + 1); }
    const order = ['two_in_one', ...Object.keys(app.data.pointWords.kinds)];
    return order.filter((key) => counts.has(key)).map((key) => [key, counts.get(key)]);
  };

  gm.pointKindName = (app, key) => (key === 'two_in_one' ? app.words.two_in_one : app.data.pointWords.kinds[key] || key);

  gm.isPointOn = (app, mark) => app.isOn('points') && app.isOn('point:' + mark.key);

  const radius = (mark, perPixel, isPrinting) => {
    const grown = isPrinting ? 1 : perPixel > 20 ? 0 : perPixel > 11 ? 1 : perPixel > 5 ? 2 : 3;
    return mark.key === 'two_in_one' ? [4.8, 6.5, 9, 11][grown] : mark.shape === 'letter' ? [4, 4.5, 6.5, 7.5][grown] : [3, 4, 6, 7][grown];
  };

  /** Places of the marks at one scale: [mark, dx, dy, r] with the shift in pixels of those that fan out. */
  function arranged(app, view) {
    const isTown = app.isTownScale() && !app.isPrinting; // then the small kinds would hide the town
    const overlap = isTown ? 0.3 : 0.8;
    const groups = [];
    for (const mark of app.pointMarks) {
      if (!gm.isPointOn(app, mark) || (mark.shape === 'letter' && isTown)) { continue; }
      const r = radius(mark, view.perPixel, app.isPrinting);
      const x = mark.place[0] * view.scale;
      const y = mark.place[1] * view.scale;
      const group = groups.find((g) => Math.hypot(g.x - x, g.y - y) < (g.r + r) * overlap);
      if (group) { group.marks.push(mark); group.r = Math.max(group.r, r); } else { groups.push({ x, y, r, marks: [mark] }); }
    }
    return groups.flatMap((group) => fanned(app, view, group));
  }

  function fanned(app, view, group) {
    const n = group.marks.length;
    const size = (mark) => radius(mark, view.perPixel, app.isPrinting);
    if (n === 1) { return [{ mark: group.marks[0], dx: 0, dy: 0, r: size(group.marks[0]), fan: 1, below: size(group.marks[0]) }]; }
    const widest = Math.max(...group.marks.map(size));
    const ring = Math.max(widest * 1.25, (widest + 1.5) / Math.sin(Math.PI / n));
    return group.marks.map((mark, i) => {
      const angle = -Math.PI / 2 + (i * 2 * Math.PI) / n;
      const x = group.x + ring * Math.cos(angle);
      const y = group.y + ring * Math.sin(angle);
      return { mark, dx: x - mark.place[0] * view.scale, dy: y - mark.place[1] * view.scale, r: size(mark), fan: i ? 0 : n, below: i ? 0 : 2 * ring + widest };
    });
  }

  function outline(ctx, shape, x, y, r) {
    ctx.beginPath();
    if (shape === 'circle') {
      ctx.arc(x, y, r, 0, 2 * Math.PI);
    } else if (shape === 'diamond') {
      const d = r * 1.28;
      ctx.moveTo(x, y - d);
      ctx.lineTo(x + d, y);
      ctx.lineTo(x, y + d);
      ctx.lineTo(x - d, y);
      ctx.closePath();
    } else {
      const h = shape === 'letter' ? r : r * 0.92;
      ctx.rect(x - h, y - h, 2 * h, 2 * h);
    }
  }

  /** The colour that the kind is drawn in. */
  gm.pointColour = (app, mark) => {
    const colours = app.data.pointWords.colours;
    if (mark.status === 'closed') { return colours.closed; }
    if (mark.key === 'grid_point') { return colours.grid_point; }
    return mark.key === 'two_in_one' || PARTY[mark.key] ? colours.party : colours.other;
  };

  /** One symbol: planned hollow, built half filled, in use filled, closed crossed. */
  gm.drawPoint = function (ctx, app, mark, x, y, r) {
    const colour = gm.pointColour(app, mark);
    const isFilled = mark.status === 'in_use';
    ctx.lineJoin = 'miter';
    outline(ctx, mark.shape, x, y, r);
    ctx.strokeStyle = '#fff';
    ctx.lineWidth = r < 6 ? 3.2 : 4.4;
    ctx.stroke();
    ctx.fillStyle = isFilled ? colour : '#fff';
    ctx.fill();
    if (mark.status === 'built') { half(ctx, mark.shape, colour, x, y, r); }
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.7;
    ctx.stroke();
    if (mark.key === 'two_in_one') { inner(ctx, app, isFilled, colour, x, y, r); }
    if (mark.shape === 'letter' && mark.status !== 'closed') { letter(ctx, app, mark, isFilled, colour, x, y, r); }
    if (mark.status === 'closed') { cross(ctx, colour, x, y, r); }
  };

  function half(ctx, shape, colour, x, y, r) {
    ctx.save();
    ctx.beginPath();
    ctx.rect(x - 2 * r, y, 4 * r, 2 * r);
    ctx.clip();
    outline(ctx, shape, x, y, r);
    ctx.fillStyle = colour;
    ctx.fill();
    ctx.restore();
    outline(ctx, shape, x, y, r);
  }

  /** The grid point inside the Party point: a white ring with a blue heart. */
  function inner(ctx, app, isFilled, colour, x, y, r) {
    ctx.beginPath();
    ctx.arc(x, y, r * 0.62, 0, 2 * Math.PI);
    ctx.fillStyle = '#fff';
    ctx.fill();
    ctx.beginPath();
    ctx.arc(x, y, r * 0.36, 0, 2 * Math.PI);
    ctx.fillStyle = app.data.pointWords.colours.grid_point;
    if (isFilled) { ctx.fill(); }
    ctx.strokeStyle = isFilled ? ctx.fillStyle : colour;
    ctx.lineWidth = 1.2;
    ctx.stroke();
  }

  function letter(ctx, app, mark, isFilled, colour, x, y, r) {
    ctx.fillStyle = isFilled ? '#fff' : colour;
    ctx.font = gm.font(Math.round(r * 1.5), 700);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(app.data.pointWords.signs[mark.key] || '', x, y + 0.5);
  }

  function cross(ctx, colour, x, y, r) {
    const d = r * 0.66;
    ctx.beginPath();
    ctx.moveTo(x - d, y - d);
    ctx.lineTo(x + d, y + d);
    ctx.moveTo(x + d, y - d);
    ctx.lineTo(x - d, y + d);
    ctx.strokeStyle = colour;
    ctx.lineWidth = 1.8;
    ctx.stroke();
  }

  /** A symbol for the legend and the lists: drawn by the same hand as on the map. */
  gm.pointSample = function (app, mark) {
    const canvas = gm.el('canvas', { class: 'gm-swatch gm-point-swatch', width: 66, height: 60, 'aria-hidden': true });
    const ctx = canvas.getContext('2d');
    ctx.scale(3, 3);
    gm.drawPoint(ctx, app, mark, 11, 10, mark.key === 'two_in_one' ? 7.6 : 6.2);
    return canvas;
  };

  gm.sampleOf = (app, key, status) => gm.pointSample(app, {
    key, status, shape: key === 'two_in_one' ? 'square' : PARTY[key] || (key === 'grid_point' ? 'circle' : 'letter'),
  });

  const P = gm.Painter.prototype;

  P.points = function () {
    const { ctx, view, app } = this;
    app.shownPoints = app.pointMarks.length ? arranged(app, view) : [];
    const seen = app.shownPoints.map((s) => Object.assign(s, {
      x: s.mark.place[0] * view.scale - view.ox + s.dx, y: s.mark.place[1] * view.scale - view.oy + s.dy,
    })).filter((s) => s.x > -20 && s.y > -20 && s.x < view.width + 20 && s.y < view.height + 20);
    for (const s of seen) { this.stalk(s); }
    for (const s of seen.slice().reverse()) { gm.drawPoint(ctx, app, s.mark, s.x, s.y, s.r); } // the weightiest on top
    this.pointBoxes = seen.map((s) => [s.x - s.r - 1, s.y - s.r - 1, s.x + s.r + 1, s.y + s.r + 1]);
  };

  /** From a symbol that fanned out to the place where its point is. */
  P.stalk = function (shown) {
    if (!shown.dx && !shown.dy) { return; }
    const { ctx } = this;
    ctx.beginPath();
    ctx.moveTo(shown.x, shown.y);
    ctx.lineTo(shown.x - shown.dx, shown.y - shown.dy);
    ctx.strokeStyle = this.ground.ink;
    ctx.lineWidth = 1;
    ctx.stroke();
  };

  /** Names beside the symbols, where nothing else stands. */
  P.pointNames = function (labels) {
    const { view, app } = this;
    if (view.perPixel > 2.2) { return; }
    for (const s of app.shownPoints) {
      const row = app.data.points[s.mark.points[0]];
      if (row.name && s.fan && s.x > 0 && s.y > 0 && s.x < view.width && s.y < view.height) {
        labels.place([{ text: row.name, size: 11, weight: 600, colour: gm.pointColour(app, s.mark) }], s.x, s.y + s.below + 9, 0);
      }
    }
  };

  /** The mark under a place of the map, or null: the nearest of those that the pointer touches. */
  gm.markAt = function (app, latlng) {
    const scale = Math.pow(2, app.map.getZoom());
    const at = app.map.project(latlng, 0);
    let best = null;
    let least = Infinity;
    for (const s of app.shownPoints || []) {
      const far = Math.hypot((at.x - s.mark.place[0]) * scale - s.dx, (at.y - s.mark.place[1]) * scale - s.dy);
      if (far < s.r + 3 && far < least) { best = s; least = far; }
    }
    return best;
  };

  /** A ring around the symbol of the chosen point. */
  P.chosenPoint = function (ctx, view) {
    const { app } = this;
    const shown = (app.shownPoints || []).find((s) => s.mark.points.includes(app.chosenPoint));
    if (!shown) { return; }
    ctx.beginPath();
    ctx.arc(shown.mark.place[0] * view.scale - view.ox + shown.dx, shown.mark.place[1] * view.scale - view.oy + shown.dy, shown.r + 6, 0, 2 * Math.PI);
    ctx.strokeStyle = this.ground.halo;
    ctx.lineWidth = 6;
    ctx.stroke();
    ctx.strokeStyle = this.ground.chosen;
    ctx.lineWidth = 3;
    ctx.stroke();
  };
})(window.gridmap);

/* Issues on the map: single ones by the sign of their category, circles with a number where several lie close together. */
(function (gm) {
  'use strict';

  const REACH = 44; // pixels: marks nearer than this to each other become one circle
  const NEAR_REACH = 18; // the same where streets and buildings are seen
  const NEAR = 1.3; // metres a pixel
  const STATES = ['closed', 'open', 'overdue'];

  /** Whether the map is about issues, so that marks of the plan's rules stand back. */
  gm.isAboutIssues = (app) => app.mode().about === 'issues' || gm.isHeatOn(app);

  gm.isViewOfIssues = (app) => gm.isAboutIssues(app) || (gm.hasIssueMarks(app) && !app.off.has('issues'));

  gm.hasIssues = (app) => !!app.data.issues;
  gm.hasIssueMarks = (app) => gm.hasIssues(app) && app.issueMarks.length > 0;

  /** What is drawn: one entry for each issue or square, with its place on the plane of Leaflet at zoom 0. */
  gm.issueMarks = function (app) {
    const told = app.data.issues;
    if (!told) { return []; }
    const precision = app.data.precision;
    const place = (at) => [gm.worldX(at[0] / precision), gm.worldY(at[1] / precision)];
    if (told.marks === null) { return told.cells.map((cell, i) => ({ i, place: place(cell), n: cell[2] })); }
    const { at, category, state, month } = told.marks;
    return at.map((xy, i) => ({ i, place: place(xy), n: 1, category: category[i], state: state[i], month: month[i] }));
  };

  gm.hasSingleIssues = (app) => gm.hasIssues(app) && app.data.issues.marks !== null;

  gm.issueWords = (app) => (gm.hasSingleIssues(app) ? app.words.issue_marks : app.words.issue_cells);

  /** The marks that the reader has not left out by category or month. */
  gm.chosenIssueMarks = function (app) {
    const month = gm.hasSingleIssues(app) ? gm.shownMonth(app) : null;
    return app.issueMarks.filter((m) => (app.issueCategory < 0 || m.category === app.issueCategory) && (month === null || m.month === month));
  };

  /** Marks put together: each joins the first circle that began within reach of it, so that nothing depends on the window. */
  gm.clusterMarks = function (marks, scale, reach) {
    const found = [];
    const cells = new Map();
    for (const mark of marks) {
      const x = mark.place[0] * scale;
      const y = mark.place[1] * scale;
      const column = Math.floor(x / reach);
      const row = Math.floor(y / reach);
      let home = null;
      for (let i = column - 1; i <= column + 1 && !home; i += 1) {
        for (let j = row - 1; j <= row + 1 && !home; j += 1) {
          home = (cells.get(i + ',' + j) || []).find((c) => Math.hypot(c.x - x, c.y - y) < reach) || null;
        }
      }
      if (!home) {
        home = { x, y, sumX: 0, sumY: 0, n: 0, marks: [] };
        found.push(home);
        const key = column + ',' + row;
        if (!cells.has(key)) { cells.set(key, []); }
        cells.get(key).push(home);
      }
      home.sumX += mark.place[0];
      home.sumY += mark.place[1];
      home.n += mark.n;
      home.marks.push(mark);
    }
    for (const c of found) { c.place = [c.sumX / c.marks.length, c.sumY / c.marks.length]; }
    return found;
  };

  const isSingle = (app, cluster) => gm.hasSingleIssues(app) && cluster.marks.length === 1;

  const radiusOf = (app, cluster, isNear) => (isSingle(app, cluster) ? (isNear ? 9 : 7.5) : Math.min(30, 9.5 + 6.2 * Math.log10(cluster.n)));

  function clustersAt(app, view) {
    const key = [view.scale, app.issueCategory, gm.shownMonth(app)].join(' ');
    if (app.clusterKey !== key) {
      app.clusterKey = key;
      const isNear = view.perPixel < NEAR;
      app.clusters = gm.clusterMarks(gm.chosenIssueMarks(app), view.scale, isNear ? NEAR_REACH : REACH);
      app.clusters.forEach((c) => { c.r = radiusOf(app, c, isNear); });
    }
    return app.clusters;
  }

  /** One issue: filled while it is open, white when it is closed, with a second ring when it is overdue. */
  gm.drawIssue = function (ctx, colours, sign, state, x, y, r) {
    const disc = (radius, fill, line, width) => {
      ctx.beginPath();
      ctx.arc(x, y, radius, 0, 2 * Math.PI);
      if (fill) { ctx.fillStyle = fill; ctx.fill(); }
      ctx.strokeStyle = line;
      ctx.lineWidth = width;
      ctx.stroke();
    };
    disc(r + (STATES[state] === 'overdue' ? 3 : 0), '#fff', '#fff', 2.6);
    if (STATES[state] === 'overdue') { disc(r + 3, null, colours.line, 1.6); }
    disc(r, STATES[state] === 'closed' ? colours.closed : colours.fill, colours.line, 1.4);
    ctx.fillStyle = colours.ink;
    ctx.font = gm.font(Math.round(r * 1.35), 600);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(sign, x, y + 0.5);
  };

  gm.drawCluster = function (ctx, colours, text, x, y, r) {
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 2 * Math.PI);
    ctx.strokeStyle = '#fff';
    ctx.lineWidth = 4;
    ctx.stroke();
    ctx.globalAlpha = 0.93;
    ctx.fillStyle = colours.fill;
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.strokeStyle = colours.line;
    ctx.lineWidth = 1.6;
    ctx.stroke();
    ctx.fillStyle = colours.ink;
    ctx.font = gm.font(r > 15 ? 13 : 11, 700);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.fillText(text, x, y + 0.5);
  };

  gm.clusterText = (app, cluster) => (gm.hasSingleIssues(app) ? '' : '≈') + gm.number(cluster.n);

  const P = gm.Painter.prototype;

  P.issues = function () {
    const { ctx, view, app } = this;
    const { colours, signs, marks } = app.data.issues;
    app.shownIssues = [];
    for (const cluster of clustersAt(app, view)) {
      const x = cluster.place[0] * view.scale - view.ox;
      const y = cluster.place[1] * view.scale - view.oy;
      const r = cluster.r;
      if (x < -r || y < -r || x > view.width + r || y > view.height + r) { continue; }
      app.shownIssues.push(cluster);
      this.pointBoxes.push([x - r - 1, y - r - 1, x + r + 1, y + r + 1]);
      if (isSingle(app, cluster)) {
        const i = cluster.marks[0].i;
        gm.drawIssue(ctx, colours, signs[marks.category[i]], marks.state[i], x, y, r);
      } else {
        gm.drawCluster(ctx, colours, gm.clusterText(app, cluster), x, y, r);
      }
    }
  };

  /** Hot and cold spots: a heavy line inside their border, dashed for cold ones. */
  P.edges = function () {
    const { ctx, view, app } = this;
    if (gm.isHeatOn(app)) { return; }
    const mode = app.mode();
    const width = view.perPixel > 12 ? 5 : 9;
    app.layers.grids.forEach((shape, i) => {
      const { edge } = mode.classes[mode.of[i]];
      if (!edge || !gm.meets(shape.box, view.box) || (app.only >= 0 && mode.of[i] !== app.only)) { return; }
      ctx.save();
      ctx.beginPath();
      gm.trace(ctx, view, shape, true);
      ctx.clip('evenodd');
      ctx.strokeStyle = app.data.issues.lines[edge];
      ctx.lineWidth = width; // half of it lies outside and is cut off
      if (edge === 'cold') { ctx.setLineDash([7, 4]); ctx.lineCap = 'butt'; }
      ctx.stroke();
      ctx.restore();
    });
  };

  /** The signs of the classes that have one, in the middle of their grids. */
  P.signs = function () {
    const { ctx, view, app } = this;
    const mode = app.mode();
    app.data.grids.forEach((grid, i) => {
      const { sign, edge } = mode.classes[mode.of[i]];
      if (!sign || !grid.place || (app.only >= 0 && mode.of[i] !== app.only)) { return; }
      const x = grid.place[0] * view.scale - view.ox;
      const y = grid.place[1] * view.scale - view.oy;
      const size = Math.max(11, Math.min(20, grid.room / view.perPixel));
      ctx.font = gm.font(size, 700);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'middle';
      ctx.lineJoin = 'round';
      ctx.strokeStyle = this.ground.halo;
      ctx.lineWidth = 4;
      ctx.strokeText(sign, x, y);
      ctx.fillStyle = app.data.issues.lines[edge];
      ctx.fillText(sign, x, y);
      this.pointBoxes.push([x - size / 2, y - size / 2, x + size / 2, y + size / 2]);
    });
  };

  /** A ring around the chosen issue. */
  P.chosenIssue = function (ctx, view) {
    const { place } = this.app.issueMarks[this.app.chosenIssue];
    ctx.beginPath();
    ctx.arc(place[0] * view.scale - view.ox, place[1] * view.scale - view.oy, 16, 0, 2 * Math.PI);
    ctx.strokeStyle = this.ground.halo;
    ctx.lineWidth = 6;
    ctx.stroke();
    ctx.strokeStyle = this.ground.chosen;
    ctx.lineWidth = 3;
    ctx.stroke();
  };

  /** The circle or mark under a place of the map, or null. */
  gm.issueAt = function (app, latlng) {
    if (!gm.hasIssueMarks(app) || !app.isOn('issues')) { return null; }
    const scale = Math.pow(2, app.map.getZoom());
    const at = app.map.project(latlng, 0);
    let best = null;
    let least = Infinity;
    for (const cluster of app.shownIssues || []) {
      const far = Math.hypot(at.x - cluster.place[0], at.y - cluster.place[1]) * scale;
      if (far < cluster.r + 3 && far < least) { best = cluster; least = far; }
    }
    return best;
  };

  gm.issueTip = function (app, cluster) {
    const told = app.data.issues;
    const many = gm.fill(app.words.cluster_n, { n: gm.clusterText(app, cluster) });
    if (!gm.hasSingleIssues(app)) { return many; }
    if (cluster.marks.length === 1) {
      const { i } = cluster.marks[0];
      return [told.categories[told.marks.category[i]], told.steps[told.marks.step[i]], told.marks.days[told.marks.reported[i]]].filter(Boolean).join(' · ');
    }
    const counts = new Map();
    for (const mark of cluster.marks) { counts.set(mark.category, (counts.get(mark.category) || 0) + 1); }
    const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3).map(([category, n]) => told.categories[category] + ' ' + n);
    return many + ' · ' + most.join(app.words.list_separator);
  };

  /** A click: one issue has a card, several come nearer, or are listed where they lie on one place. */
  gm.openCluster = function (app, cluster) {
    if (isSingle(app, cluster)) { app.chooseIssue(cluster.marks[0].i); return; }
    const box = gm.boxOf(cluster.marks.map((m) => ({ box: [m.place[0], m.place[1], m.place[0], m.place[1]] })));
    const wide = Math.max(box[2] - box[0], box[3] - box[1]) * Math.pow(2, app.map.getMaxZoom());
    if (app.map.getZoom() < app.map.getMaxZoom() - 0.5 && (wide > NEAR_REACH * 1.5 || !gm.hasSingleIssues(app))) {
      if (!gm.hasSingleIssues(app) && cluster.marks.length === 1) { return; }
      app.map.fitBounds(app.boundsOf(box), { padding: [60, 60], maxZoom: Math.max(app.map.getZoom() + 1, Math.min(app.map.getZoom() + 3, 20)) });
      return;
    }
    if (gm.hasSingleIssues(app)) { app.showCluster(cluster); }
  };

  /** A symbol for the legend and the cards, drawn by the same hand as on the map. */
  gm.issueSample = function (app, sign, state) {
    const canvas = gm.el('canvas', { class: 'gm-swatch gm-point-swatch', width: 66, height: 60, 'aria-hidden': true });
    const ctx = canvas.getContext('2d');
    ctx.scale(3, 3);
    const { colours } = app.data.issues;
    if (state < 0) { gm.drawCluster(ctx, colours, sign, 11, 10, 8.2); } else { gm.drawIssue(ctx, colours, sign, state, 11, 10, state === 2 ? 5 : 6.6); }
    return canvas;
  };
})(window.gridmap);

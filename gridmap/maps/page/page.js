/* The page: puts the parts together and keeps what the reader has chosen. */
(function (gm) {
  'use strict';

  const { el } = gm;

  gm.badges = (app) => app.data.badges.map((badge) => el('span', { class: 'gm-badge gm-badge-' + badge.key }, badge.text));

  gm.figures = (app) => app.data.figures.map((figure) => el(
    'div',
    { class: 'gm-figure' + (figure.level ? ' gm-figure-' + figure.level : '') },
    el('div', { class: 'gm-figure-label' }, figure.label),
    el('div', { class: 'gm-figure-value' }, figure.value, figure.unit ? el('small', {}, figure.unit) : null),
    el('div', { class: 'gm-figure-note', title: figure.note }, figure.note),
  ));

  gm.about = (app) => el('dl', { class: 'gm-about' }, app.data.about.map(([term, value]) => el('div', {}, el('dt', {}, term), el('dd', {}, value))));

  function App(map, data, options) {
    this.map = map;
    this.data = data;
    this.words = data.words;
    this.hasTiles = options.tiles;
    this.layers = gm.decode(data);
    this.modeIndex = 0;
    this.only = -1;
    this.hovered = -1;
    this.chosen = -1;
    this.chosenPoint = -1;
    this.cardTab = -1;
    this.pointMarks = gm.pointMarks(this);
    this.issueMarks = gm.issueMarks(this);
    this.chosenIssue = -1;
    this.issueCategory = -1;
    this.heatAt = 0;
    this.isAboutIssues = Boolean(data.issues && data.issues.isSubject);
    this.off = new Set(this.isAboutIssues && gm.hasHeat(this) ? ['issues'] : ['heat', 'issues']);
    this.listeners = {};
    const bySize = (rows) => rows.slice().sort((a, b) => (b.room || 0) - (a.room || 0));
    this.bySize = bySize(data.grids);
    this.jurisdictionsBySize = bySize(data.jurisdictions);
  }

  App.prototype = {
    mode() { return this.data.modes[this.modeIndex]; },
    /** In a view of issues the points stand back, until the reader has switched them himself. */
    isOn(key) { return !this.off.has(key) && !(key === 'points' && !this.hasSwitchedPoints && gm.isViewOfIssues(this)); },
    on(name, listener) { (this.listeners[name] = this.listeners[name] || []).push(listener); },
    tell(name) { (this.listeners[name] || []).forEach((listener) => listener()); },
    redraw() { this.sheets.forEach((sheet) => sheet.redraw()); },
    setMode(index) { this.modeIndex = index; this.only = -1; this.tell('mode'); this.redraw(); },
    setOnly(index) { this.only = index; this.tell('mode'); this.redraw(); },
    switchLayer(key, isOn) {
      if (isOn) { this.off.delete(key); } else { this.off.add(key); }
      if (key === 'points') { this.hasSwitchedPoints = true; }
      this.tell('layer');
      this.redraw();
    },
    boundsOf(box) {
      const corner = (x, y) => this.map.unproject(L.point(x, y), 0);
      return L.latLngBounds(corner(box[0], box[3]), corner(box[2], box[1]));
    },
    showTown(isAnimated) {
        const bounds = this.boundsOf(gm.boxOf(this.layers.jurisdictions));
      this.townZoom = this.map.getBoundsZoom(bounds, false, L.point(36, 36));
      this.map.fitBounds(bounds, { padding: [18, 18], animate: isAnimated !== false });
    },
    /** Whether the whole town is in view, so that its jurisdictions matter more than its grids. */
    isTownScale() { return this.data.jurisdictions.length > 1 && this.map.getZoom() < this.townZoom + 0.4; },
    showJurisdiction(index) {
      this.choose(-1);
      this.closePanel();
      this.map.fitBounds(this.boundsOf(this.layers.jurisdictions[index].box), { padding: [40, 40], maxZoom: 17 });
    },
    choose(index, isShown) {
      this.chosen = index;
      this.chosenPoint = -1;
      this.chosenIssue = -1;
      this.putCard(index >= 0 ? gm.card(this, index) : null);
      if (index >= 0 && isShown) { this.showGrid(index); }
      this.tell('choice');
      this.sheets[1].redraw();
    },
    /** The card of an issue, or of several that lie on one place. */
    chooseIssue(i) {
      this.choose(-1);
      this.chosenIssue = i;
      this.putCard(gm.issueCard(this, i));
      this.sheets[1].redraw();
    },
    showCluster(cluster) {
      this.choose(-1);
      this.putCard(gm.clusterCard(this, cluster));
    },
    gridOfPlace(place) { return this.layers.grids.findIndex((shape) => gm.contains(shape, place[0], place[1])); },
    /** The card of a point; of one whose place is not told, its grid is shown on the map. */
    choosePoint(index, isShown) {
      this.chosen = -1;
      this.chosenPoint = index;
      this.chosenIssue = -1;
      this.putCard(index >= 0 ? gm.pointCard(this, index) : null);
      const row = this.data.points[index];
      const mark = this.pointMarks.find((m) => m.points.includes(index));
      if (row && !mark) { this.chosen = row.g; }
      if (isShown && mark) { this.showPlace(mark.place); }
      if (isShown && row && !mark && row.g >= 0) { this.showGrid(row.g); }
      this.sheets[1].redraw();
    },
    putCard(card) {
      if (this.card) { this.card.remove(); }
      this.card = card;
      if (!card) { return; }
      L.DomEvent.disableClickPropagation(card);
      L.DomEvent.disableScrollPropagation(card);
      this.mapBox.append(card);
      card.focus({ preventScroll: true });
      this.closePanel();
    },
    showPlace(place) {
      const at = this.map.unproject(L.point(place[0], place[1]), 0);
      this.map.setView(at, Math.max(this.map.getZoom(), 16));
    },
    /** Brings a grid into the part of the map that its card leaves free. */
    showGrid(index) {
      const size = this.map.getSize();
      const isNarrow = size.x < 600;
      const beside = isNarrow ? [30, this.card.offsetHeight + 20] : [this.card.offsetWidth + 40, 60];
      this.map.fitBounds(this.boundsOf(this.layers.grids[index].box), {
        paddingTopLeft: isNarrow ? [30, 30] : [60, 60], paddingBottomRight: beside, maxZoom: 16.5,
      });
    },
    step(by) {
      const n = this.data.grids.length;
      this.choose((this.chosen + by + n) % n, true);
    },
    gridAt(latlng) {
      const point = this.map.project(latlng, 0);
      return this.gridOfPlace([point.x, point.y]);
    },
    closePanel() { document.documentElement.classList.remove('gm-panel-open'); },
  };

  function head(app) {
    const words = app.words;
    return el(
      'header',
      { class: 'gm-head' },
      el('div', { class: 'gm-title' }, el('h1', {}, app.data.title), el('div', { class: 'gm-badges' }, gm.badges(app))),
      el('div', { class: 'gm-figures' }, gm.figures(app)),
      el(
        'div',
        { class: 'gm-tools' },
        el('button', { type: 'button', class: 'gm-button gm-panel-button', click: () => document.documentElement.classList.toggle('gm-panel-open') }, gm.icon('list'), words.panel),
        el('button', { type: 'button', class: 'gm-button gm-print-button', click: () => window.print() }, gm.icon('print'), words.print),
      ),
    );
  }

  /** Pages of which one is shown: the tabs and their panels. */
  gm.tabbed = function (name, pages, first, onShow) {
    const at = Math.min(first || 0, pages.length - 1);
    const panels = pages.map(([, content], i) => el('div', { class: name + '-panel', role: 'tabpanel', id: name + '-panel-' + i, 'aria-labelledby': name + '-' + i, hidden: i !== at, tabindex: 0 }, content));
    const buttons = pages.map(([label], i) => el('button', {
      type: 'button', role: 'tab', id: name + '-' + i, 'aria-controls': name + '-panel-' + i, 'aria-selected': String(i === at), tabindex: i === at ? 0 : -1,
      click: () => show(i), keydown: (event) => key(event, i),
    }, label));
    function show(index) {
      panels.forEach((panel, i) => { panel.hidden = i !== index; });
      buttons.forEach((button, i) => { button.setAttribute('aria-selected', String(i === index)); button.tabIndex = i === index ? 0 : -1; });
      if (onShow) { onShow(index); }
    }
    function key(event, i) {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by) { return; }
      const next = (i + by + buttons.length) % buttons.length;
      show(next);
      buttons[next].focus();
    }
    return [el('div', { class: 'gm-tabs', role: 'tablist' }, buttons), ...panels];
  };

  function tabs(app) {
    const words = app.words;
    const nExceptions = app.data.grids.filter((g) => g.exceptions.length || g.broken).length;
    const pages = [
      [words.tab_legend, gm.legend(app)],
      [words.tab_exceptions + ' ' + nExceptions, gm.exceptionList(app)],
      [words.tab_jurisdictions + ' ' + app.data.jurisdictions.length, el('div', {}, otherFigures(app, (figure) => !isOfIssues(figure)), gm.jurisdictionTable(app))],
    ];
    if (gm.hasIssues(app)) { pages.splice(1, 0, [words.tab_issues, gm.issueTab(app, otherFigures(app, isOfIssues))]); }
    if (gm.hasPoints(app)) { pages.splice(1, 0, [words.tab_points + ' ' + app.data.points.length, gm.pointList(app)]); }
    if (pages.length > 4) { pages.forEach((page) => { page[0] = page[0].replace(/ \d+$/, ''); }); } // five names fill the line
    return gm.tabbed('gm-tab', pages, 0);
  }

  const isOfIssues = (figure) => figure.key.startsWith('issues');

  function otherFigures(app, isWanted) {
    const figures = app.data.otherFigures.filter(isWanted);
    if (!figures.length) { return null; }
    return el('div', { class: 'gm-other' }, el('h3', {}, isWanted === isOfIssues ? app.words.issues : app.words.other_figures), figures.map((figure) => el(
      'div', { class: 'gm-other-figure' },
      el('span', {}, figure.label, el('small', {}, figure.note)), el('b', {}, figure.value, figure.unit ? ' ' + figure.unit : ''),
    )));
  }

  function side(app) {
    const sentence = app.data.sentence;
    return el(
      'aside',
      { class: 'gm-side' },
      gm.search(app),
      el('p', { class: 'gm-sentence gm-sentence-' + sentence.level }, sentence.text),
      tabs(app),
      gm.about(app),
    );
  }

  function controls(app) {
    const { map, words } = app;
    L.control.zoom({ position: 'topleft', zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(map);
    const home = L.control({ position: 'topleft' });
    home.onAdd = () => {
      const box = el('div', { class: 'leaflet-bar' }, el('button', { type: 'button', class: 'gm-home', title: words.whole_town, 'aria-label': words.whole_town, click: () => app.showTown() }, gm.icon('town')));
      L.DomEvent.disableClickPropagation(box);
      return box;
    };
    home.addTo(map);
    const Scale = L.Control.Scale.extend({
      _updateMetric: function (metres) {
        const round = this._getRoundNum(metres);
        const text = round < 1000 ? round + ' ' + words.metres : round / 1000 + ' ' + words.kilometres;
        this._updateScale(this._mScale, text, round / metres);
      },
    });
    new Scale({ imperial: false, maxWidth: 140, position: 'bottomleft' }).addTo(map);
    if (app.hasTiles) { map.attributionControl = L.control.attribution({ prefix: false }).addTo(map); }
  }

  function gridTip(app, index) {
    const grid = app.data.grids[index];
    const size = grid.hh === null ? '' : ' · ' + gm.fill(app.words.hh, { n: gm.number(grid.hh) });
    const count = grid.counts === 'units' ? ' · ' + gm.fill(app.words.group_n, { n: grid.units }) : '';
    return grid.name + count + size;
  }

  function pointTip(app, shown) {
    const row = app.data.points[shown.mark.points[0]];
    return [row.name || row.id, gm.pointKindName(app, shown.mark.key), app.data.pointWords.status[shown.mark.status] || shown.mark.status].join(' · ');
  }

  function follow(app) {
    const { map, mapBox } = app;
    const tip = el('div', { class: 'gm-tip', hidden: true });
    mapBox.append(tip);
    map.on('mousemove', (event) => {
      const issue = gm.issueAt(app, event.latlng);
      const mark = issue ? null : gm.markAt(app, event.latlng);
      const isMark = !!(issue || mark);
      const index = isMark ? -1 : app.gridAt(event.latlng);
      if (isMark) { mapBox.style.cursor = 'pointer'; }
      if (index !== app.hovered) {
        app.hovered = index;
        app.sheets[1].redraw();
        mapBox.style.cursor = index >= 0 || isMark ? 'pointer' : '';
      }
      tip.hidden = index < 0 && !isMark;
      if (tip.hidden) { return; }
      tip.textContent = issue ? gm.issueTip(app, issue) : mark ? pointTip(app, mark) : gridTip(app, index);
      const isRight = event.containerPoint.x > map.getSize().x - 240;
      tip.style.transform = 'translate(' + (event.containerPoint.x + (isRight ? -12 : 14)) + 'px,' + (event.containerPoint.y + 16) + 'px)' + (isRight ? ' translateX(-100%)' : '');
    });
    map.on('mouseout', () => { app.hovered = -1; tip.hidden = true; app.sheets[1].redraw(); });
    map.on('click', (event) => {
      const issue = gm.issueAt(app, event.latlng);
      if (issue) { gm.openCluster(app, issue); return; }
      const mark = gm.markAt(app, event.latlng);
      if (mark) { app.choosePoint(mark.mark.points[0]); } else { app.choose(app.gridAt(event.latlng)); }
    });
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && app.card) { app.choose(-1); mapBox.focus(); }
    });
  }

  function build(app) {
    const { map, data } = app;
    const root = document.documentElement;
    root.lang = data.lang === 'zh' ? 'zh-CN' : 'en';
    root.classList.add('gm');
    document.title = data.title;
    const viewport = document.querySelector('meta[name=viewport]');
    if (viewport) { viewport.content = 'width=device-width, initial-scale=1'; }
    app.mapBox = map.getContainer();
    app.mapBox.setAttribute('role', 'application');
    app.mapBox.setAttribute('aria-label', app.words.map_label);
    const painter = new gm.Painter(app);
    map.createPane('gm-overlay').style.zIndex = 450;
    app.sheets = [
      new gm.Sheet((ctx, view) => painter.base(ctx, view), 'overlayPane'),
      new gm.Sheet((ctx, view) => painter.overlay(ctx, view), 'gm-overlay'),
    ];
    document.body.prepend(head(app), side(app));
    document.getElementById('gm-wait').remove();
    map.options.zoomSnap = app.hasTiles ? 1 : 0.25;
    map.options.wheelPxPerZoomLevel = 90;
    map.invalidateSize({ animate: false, pan: false });
    app.showTown(false);
    map.setMinZoom(map.getZoom() - 1.5);
    app.sheets.forEach((sheet) => sheet.addTo(map));
    controls(app);
    app.mapBox.append(gm.north(app), gm.heatBox(app) || '');
    follow(app);
    gm.preparePrint(app);
    root.dataset.drawn = String(Math.round(performance.now()));
  }

  /** Called by the script of the page. */
  gm.start = function (map, options) {
    const holder = document.getElementById('gm-data');
    gm.unpack(holder.textContent).then((data) => {
      holder.remove();
      gm.app = new App(map, data, options);
      build(gm.app);
    }, () => {
      document.getElementById('gm-wait').textContent = options.brokenFile;
    });
  };
})(window.gridmap);

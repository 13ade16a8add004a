/* Cards of issues: of a single one, of several on one place, and what the card of a grid tells of its issues. */
(function (gm) {
  'use strict';

  const { el } = gm;
  const LISTED = 40;

  const issueName = (app, i) => app.data.issues.categories[app.data.issues.marks.category[i]];

  function head(app, title, code) {
    return el(
      'header', { class: 'gm-card-head' },
      el('div', {}, el('h2', {}, title), code ? el('div', { class: 'gm-code' }, code) : null),
      el('button', { type: 'button', class: 'gm-round', 'aria-label': app.words.close, title: app.words.close, click: () => app.choose(-1) }, gm.icon('close')),
    );
  }

  gm.issueState = (app, state) => [app.words.state_closed, app.words.state_open, app.words.state_overdue][state];

  gm.issueCard = function (app, i) {
    const { words } = app;
    const told = app.data.issues;
    const m = told.marks;
    const grid = app.gridOfPlace(app.issueMarks[i].place);
    const rows = [
      [words.issue_step, el('span', {}, told.steps[m.step[i]], m.state[i] === 2 ? [' ', el('strong', { class: 'gm-gap' }, '▲ ' + words.state_overdue)] : null)],
      [words.issue_tier, m.tier[i] < 0 ? words.unknown : told.tiers[m.tier[i]]],
      [words.issue_reported, m.days[m.reported[i]] || words.unknown],
      [words.issue_settled, m.days[m.settled[i]] || words.unknown],
      m.kind[i] ? [words.issue_kind, m.kind[i]] : null,
      m.address[i] ? [words.issue_address, m.address[i]] : null,
      grid < 0 ? null : [words.issue_grid, el('button', { type: 'button', class: 'gm-link', click: () => app.choose(grid, true) }, app.data.grids[grid].name)],
    ];
    return el(
      'section', { class: 'gm-card gm-issue-card', role: 'dialog', 'aria-label': issueName(app, i), tabindex: -1 },
      head(app, issueName(app, i), m.id[i]),
      el('p', { class: 'gm-point-state' }, gm.issueSample(app, told.signs[m.category[i]], m.state[i]), el('b', {}, gm.issueState(app, m.state[i]))),
      gm.rowsOf(rows),
      m.text[i] ? el('p', { class: 'gm-notes' }, m.text[i]) : null,
    );
  };

  /** Issues that lie on one place. */
  gm.clusterCard = function (app, cluster) {
    const told = app.data.issues;
    const m = told.marks;
    const title = gm.fill(app.words.cluster_n, { n: gm.number(cluster.n) });
    const rows = cluster.marks.slice(0, LISTED).map(({ i }) => el('li', {}, el(
      'button', { type: 'button', class: 'gm-point-item', click: () => app.chooseIssue(i) },
      gm.issueSample(app, told.signs[m.category[i]], m.state[i]), el('span', { class: 'gm-point-name' }, issueName(app, i)),
      el('small', { class: 'gm-point-status' }, m.days[m.reported[i]] + ' · ' + gm.issueState(app, m.state[i])),
    )));
    const more = cluster.marks.length - rows.length;
    return el(
      'section', { class: 'gm-card', role: 'dialog', 'aria-label': title, tabindex: -1 },
      head(app, title, ''), el('ul', { class: 'gm-items gm-point-items gm-issue-items' }, rows),
      more > 0 ? el('p', {}, gm.fill(app.words.more, { n: more })) : null,
    );
  };

  const few = (app, n) => (n === null ? app.words.unknown : n === 'few' ? app.words.few_issues : n === 'most' ? app.words.most_issues : gm.fill(app.words.issue_n, { n: gm.number(n) }));

  const rateText = (rate) => (rate < 10 ? rate.toFixed(1) : String(Math.round(rate)));

  /** The rate with its interval on a line, the town's rate across it. */
  function interval(app, told) {
    const town = app.data.issues.townRate;
    const most = Math.max(told.high, town) * 1.12;
    const x = (v) => (2 + v / most * 96).toFixed(2);
    const line = (x1, x2, y1, y2, name) => gm.svg('line', { x1: x(x1), x2: x(x2), y1, y2, class: name, 'vector-effect': 'non-scaling-stroke' });
    const dot = el('i', { class: 'gm-interval-dot gm-interval-' + told.state, style: { left: x(told.rate) + '%' } });
    return el(
      'div', { class: 'gm-interval', 'aria-hidden': 'true' },
      gm.svg('svg', { viewBox: '0 0 100 20', preserveAspectRatio: 'none' }, line(0, most, 10, 10, 'gm-interval-axis'), line(told.low, told.high, 10, 10, 'gm-interval-line'), line(town, town, 1, 19, 'gm-interval-town')),
      dot,
    );
  }

  function rate(app, told) {
    const { words } = app;
    if (told.rate === null) { return null; }
    const parts = [
      gm.fill(words.per_100, { n: rateText(told.rate) }),
      gm.fill(words.interval, { level: app.data.issues.level, a: rateText(told.low), b: rateText(told.high) }),
      gm.fill(words.town_rate, { n: app.data.issues.townRateText }),
      told.smoothed === null ? '' : gm.fill(words.smoothed_rate, { n: rateText(told.smoothed) }),
    ];
    return el('div', {}, interval(app, told), el('div', { class: 'gm-size-note' }, parts.filter(Boolean).map((part) => [el('span', { class: 'gm-part' }, part), ' '])));
  }

  function tiers(app, told) {
    const { words } = app;
    if (!told.tiers.length || told.tiers.every((t) => t.n === 0)) { return null; }
    const width = (n) => (n === 'few' ? 2 : n === 'most' ? 5 : n);
    const most = Math.max(1, ...told.tiers.map((t) => width(t.n)));
    return el('div', { class: 'gm-notes gm-reach gm-issue-tiers' }, el('h3', {}, words.issue_tiers), told.tiers.map((t) => el(
      'div', { class: 'gm-reach-row' }, el('span', {}, t.label),
      el('span', { class: 'gm-reach-bar', 'aria-hidden': 'true' }, el('i', { class: typeof t.n === 'number' ? 'gm-reach-served' : 'gm-reach-full', style: { width: width(t.n) / most * 100 + '%' } })),
      el('span', { class: 'gm-reach-n' }, few(app, t.n)),
    )));
  }

  function hours(app, told) {
    if (told.hours === null) { return app.words.unknown; }
    return told.hours < 48 ? gm.fill(app.words.hours_n, { n: told.hours }) : gm.fill(app.words.days_n, { n: (told.hours / 24).toFixed(1) });
  }

  /** What the card of a grid tells of its issues. */
  gm.issuePart = function (app, index) {
    const { words } = app;
    const told = app.data.grids[index].issues;
    const isOdd = told.state === 'high' || told.state === 'low';
    return el(
      'div', { class: 'gm-issue-part' },
      el('div', { class: 'gm-size-row' }, el('strong', {}, few(app, told.n)), el('span', { class: 'gm-verdict' + (isOdd ? ' gm-verdict-odd' : '') }, told.verdict)),
      el('div', { class: 'gm-size-note' }, app.data.issues.period, told.spot ? el('b', {}, ' · ' + told.spot) : null),
      rate(app, told),
      tiers(app, told),
      gm.rowsOf([[words.issue_open, few(app, told.open)], [words.issue_overdue, few(app, told.overdue)], [words.issue_hours, hours(app, told)]]),
    );
  };
})(window.gridmap);

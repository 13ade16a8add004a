/* Elements of the page. Text enters by textContent only: nothing of the data is ever read as markup. */
(function (gm) {
  'use strict';

  const SVG = 'http://www.w3.org/2000/svg';

  function fillElement(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) { continue; }
      if (typeof value === 'function') {
        element.addEventListener(name, value);
      } else if (name === 'style') {
        Object.assign(element.style, value);
      } else {
        element.setAttribute(name, value === true ? '' : value);
      }
    }
    for (const child of children.flat(2)) {
      if (child === null || child === undefined || child === '') { continue; }
      element.append(child.nodeType ? child : document.createTextNode(String(child)));
    }
    return element;
  }

  /** An HTML element with attributes (functions become listeners) and children (strings become text). */
  gm.el = (tag, attributes, ...children) => fillElement(document.createElement(tag), attributes, children);

  /** The same in SVG. */
  gm.svg = (tag, attributes, ...children) => fillElement(document.createElementNS(SVG, tag), attributes, children);

  /** A word with its blanks {n} filled. */
  gm.fill = function (text, values) {
    const all = Object.assign({ s: String(values.n) === '1' ? '' : 's' }, values);
    return text.replace(/\{(\w+)\}/g, (blank, name) => (name in all ? all[name] : blank));
  };

  gm.number = (n) => String(Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');

  gm.percent = (fraction) => {
    const value = Math.round(Math.abs(fraction) * 1000) / 10;
    return (value === 0 ? '±' : fraction > 0 ? '+' : '−') + value.toFixed(1) + '%';
  };

  const ICONS = {
    close: 'M3 3 L13 13 M13 3 L3 13',
    next: 'M6 3 L11 8 L6 13',
    previous: 'M10 3 L5 8 L10 13',
    print: 'M4 6 V2 H12 V6 M4 11 H2 V6 H14 V11 H12 M4 9 H12 V14 H4 Z',
    find: 'M7 2 a5 5 0 1 0 0.01 0 M10.7 10.7 L14 14',
    list: 'M2 4 H14 M2 8 H14 M2 12 H14',
    play: 'M4 2.5 L13 8 L4 13.5 Z',
    pause: 'M5 3 V13 M11 3 V13',
    town: 'M2 14 V6 L8 2 L14 6 V14 Z',
  };

  gm.icon = (name) => gm.svg(
    'svg',
    { viewBox: '0 0 16 16', width: 16, height: 16, 'aria-hidden': 'true', class: 'gm-icon' },
    gm.svg('path', { d: ICONS[name], fill: 'none', stroke: 'currentColor', 'stroke-width': 1.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' }),
  );

  /** A patch of the map for the legend: a fill, hatched or not. */
  gm.swatch = function (colour, hatch, sign) {
    const few = 'M-4 -2 L14 16 M4 -2 L22 16 M12 -2 L26 12';
    const lines = hatch ? [gm.svg('path', { d: hatch === 'few' ? few : 'M-2 8 L8 -2 M1 15 L15 1 M9 17 L22 4 M16 18 L26 8', stroke: hatch === 'few' ? '#8f8f8f' : '#3a3a3a', 'stroke-width': 1.1 })] : [];
    if (sign) { lines.push(gm.svg('text', { x: 11, y: 11, 'text-anchor': 'middle', 'font-size': 10, fill: '#1f2933' }, sign)); }
    return gm.svg(
      'svg',
      { viewBox: '0 0 22 14', width: 22, height: 14, class: 'gm-swatch', 'aria-hidden': 'true' },
      gm.svg('rect', { x: 0.5, y: 0.5, width: 21, height: 13, fill: colour, stroke: '#555' }),
      lines,
    );
  };

  /** A piece of line for the legend. */
  gm.lineSample = (colour, width, dashes, casing) => gm.svg(
    'svg',
    { viewBox: '0 0 22 14', width: 22, height: 14, class: 'gm-swatch', 'aria-hidden': 'true' },
    casing ? gm.svg('path', { d: 'M0 7 H22', stroke: casing, 'stroke-width': width + 1.6 }) : null,
    gm.svg('path', { d: 'M0 7 H22', stroke: colour, 'stroke-width': width, 'stroke-dasharray': (dashes || []).join(' ') || null }),
  );
})(window.gridmap);

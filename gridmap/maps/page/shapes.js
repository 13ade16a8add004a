/* Shapes: from steps of whole numbers to the Mercator plane of Leaflet at zoom 0 (256 × 256). */
(function (gm) {
  'use strict';

  gm.worldX = (lon) => (lon + 180) / 360 * 256;
  gm.worldY = (lat) => 128 - Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) * 128 / Math.PI;

  /** One feature: its rings as [x, y, x, y, …] and its box [west, north, east, south]. */
  gm.shape = function (rings, precision) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const decoded = rings.map((steps) => {
      const xy = new Float64Array(steps.length);
      let lon = 0;
      let lat = 0;
      for (let i = 0; i < steps.length; i += 2) {
        lon += steps[i];
        lat += steps[i + 1];
        const x = gm.worldX(lon / precision);
        const y = gm.worldY(lat / precision);
        xy[i] = x;
        xy[i + 1] = y;
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
      return xy;
    });
    return { rings: decoded, box };
  };

  gm.meets = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

  /** Whether a point lies inside a shape (even-odd, so that holes count as outside). */
  gm.contains = function (shape, x, y) {
    const box = shape.box;
    if (x < box[0] || x > box[2] || y < box[1] || y > box[3]) { return false; }
    let isInside = false;
    for (const xy of shape.rings) {
      let ax = xy[xy.length - 2];
      let ay = xy[xy.length - 1];
      for (let i = 0; i < xy.length; i += 2) {
        const bx = xy[i];
        const by = xy[i + 1];
        if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) { isInside = !isInside; }
        ax = bx;
        ay = by;
      }
    }
    return isInside;
  };

  /** The box of many shapes. */
  gm.boxOf = function (shapes) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const shape of shapes) {
      box[0] = Math.min(box[0], shape.box[0]);
      box[1] = Math.min(box[1], shape.box[1]);
      box[2] = Math.max(box[2], shape.box[2]);
      box[3] = Math.max(box[3], shape.box[3]);
    }
    return box;
  };

  /** Every shape and label place of the data, decoded; the coded form is let go. */
  gm.decode = function (data) {
    const precision = data.precision;
    const layers = {};
    for (const [name, rows] of Object.entries(data.shapes)) {
      layers[name] = rows.map((row) => {
        const shape = gm.shape(row.s || row, precision);
        return row.s ? Object.assign(shape, { name: row.name || '', kind: row.kind || '', cls: row.cls || 4, isArea: !!row.a }) : shape;
      });
    }
    data.shapes = null;
    for (const row of data.grids.concat(data.jurisdictions)) {
      if (row.at) { row.place = [gm.worldX(row.at[0] / precision), gm.worldY(row.at[1] / precision)]; }
    }
    return layers;
  };
})(window.gridmap);

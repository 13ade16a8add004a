/* A sheet: one canvas that lies over the map, moves with it, and is painted anew when the map comes to rest. */
(function (gm) {
  'use strict';

  gm.Sheet = L.Renderer.extend({
    initialize: function (paint, pane) {
      L.Renderer.prototype.initialize.call(this, { padding: 0.15, pane: pane });
      this._paint = paint;
      this.ratio = 0; // 0: as the screen; print sets its own
    },
    redraw: function () {
      if (this._map && !this._waiting) {
        this._waiting = requestAnimationFrame(() => { this._waiting = 0; this._render(); });
      }
      return this;
    },
    _initContainer: function () {
      this._container = document.createElement('canvas');
      this._container.setAttribute('aria-hidden', 'true');
    },
    _destroyContainer: function () {
      cancelAnimationFrame(this._waiting);
      L.DomUtil.remove(this._container);
      delete this._container;
    },
    _updatePaths: function () {},
    _update: function () {
      if (this._map._animatingZoom && this._bounds) { return; }
      L.Renderer.prototype._update.call(this);
      this._render();
    },
    _render: function () {
      if (!this._map || !this._bounds) { return; }
      const corner = this._bounds.min;
      const size = this._bounds.getSize();
      const ratio = this.ratio || Math.max(1, window.devicePixelRatio || 1);
      const canvas = this._container;
      L.DomUtil.setPosition(canvas, corner);
      canvas.width = Math.round(size.x * ratio);
      canvas.height = Math.round(size.y * ratio);
      canvas.style.width = size.x + 'px';
      canvas.style.height = size.y + 'px';
      const zoom = this._map.getZoom();
      const origin = this._map.getPixelOrigin();
      const scale = Math.pow(2, zoom);
      const ox = origin.x + corner.x;
      const oy = origin.y + corner.y;
      const ctx = canvas.getContext('2d');
      ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
      const lat = this._map.getCenter().lat;
      const perPixel = 40075016.686 * Math.cos(lat * Math.PI / 180) / (256 * scale);
      this._paint(ctx, {
        scale, ox, oy, ratio, perPixel,
        width: size.x,
        height: size.y,
        box: [ox / scale, oy / scale, (ox + size.x) / scale, (oy + size.y) / scale],
      });
    },
  });

  /** Adds a shape to the path of `ctx`. */
  gm.trace = function (ctx, view, shape, isClosed) {
    const { scale, ox, oy } = view;
    for (const xy of shape.rings) {
      ctx.moveTo(xy[0] * scale - ox, xy[1] * scale - oy);
      for (let i = 2; i < xy.length; i += 2) { ctx.lineTo(xy[i] * scale - ox, xy[i + 1] * scale - oy); }
      if (isClosed) { ctx.closePath(); }
    }
  };
})(window.gridmap);

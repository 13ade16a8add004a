/* Labels: what stands first stands; a later one that would touch it gives way. */
(function (gm) {
  'use strict';

  const FONTS = '"PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", sans-serif';
  const widths = new Map();

  gm.font = (size, weight) => (weight || 400) + ' ' + size + 'px ' + FONTS;

  function widthOf(ctx, text, font) {
    const key = font + '\u0000' + text;
    let width = widths.get(key);
    if (width === undefined) {
      ctx.font = font;
      width = ctx.measureText(text).width;
      widths.set(key, width);
    }
    return width;
  }

  /** Keeps the boxes that are taken on one drawing of a sheet. */
  gm.Labels = function (ctx, view, halo) {
    this.ctx = ctx;
    this.view = view;
    this.halo = halo;
    this.taken = [];
  };

  gm.Labels.prototype.isFree = function (box) {
    const { width, height } = this.view;
    if (box[2] < 0 || box[3] < 0 || box[0] > width || box[1] > height) { return false; }
    return !this.taken.some((t) => gm.meets(t, box));
  };

  /** Lines [{text, size, weight, colour}] centred on (x, y), each below the one before; false if there is no room. */
  gm.Labels.prototype.place = function (lines, x, y, gap) {
    const ctx = this.ctx;
    const measured = lines.map((line) => {
      const font = gm.font(line.size, line.weight);
      return { line, font, width: widthOf(ctx, line.text, font), height: line.size * 1.25 };
    });
    const width = Math.max(...measured.map((m) => m.width));
    const height = measured.reduce((sum, m) => sum + m.height, 0);
    const space = gap === undefined ? 3 : gap;
    const box = [x - width / 2 - space, y - height / 2 - space, x + width / 2 + space, y + height / 2 + space];
    if (!this.isFree(box)) { return false; }
    this.taken.push(box);
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    let top = y - height / 2;
    for (const { line, font, height: h } of measured) {
      ctx.font = font;
      ctx.strokeStyle = this.halo;
      ctx.lineWidth = line.halo || 3;
      ctx.strokeText(line.text, x, top + h / 2);
      ctx.fillStyle = line.colour;
      ctx.fillText(line.text, x, top + h / 2);
      top += h;
    }
    return true;
  };

  /** A name along the straightest free piece of a line that is long enough for it. */
  gm.Labels.prototype.along = function (line, shape) {
    const ctx = this.ctx;
    const { scale, ox, oy, width, height } = this.view;
    const font = gm.font(line.size, line.weight);
    const length = widthOf(ctx, line.text, font) + 8;
    for (const xy of shape.rings) {
      for (let i = 2; i < xy.length; i += 2) {
        const ax = xy[i - 2] * scale - ox;
        const ay = xy[i - 1] * scale - oy;
        const bx = xy[i] * scale - ox;
        const by = xy[i + 1] * scale - oy;
        if (Math.hypot(bx - ax, by - ay) < length) { continue; }
        const x = (ax + bx) / 2;
        const y = (ay + by) / 2;
        if (x < 0 || y < 0 || x > width || y > height) { continue; }
        let angle = Math.atan2(by - ay, bx - ax);
        if (angle > Math.PI / 2 || angle <= -Math.PI / 2) { angle += Math.PI; }
        const w = Math.abs(Math.cos(angle)) * length / 2 + line.size / 2;
        const h = Math.abs(Math.sin(angle)) * length / 2 + line.size / 2;
        const box = [x - w, y - h, x + w, y + h];
        if (!this.isFree(box)) { continue; }
        this.taken.push(box);
        ctx.save();
        ctx.translate(x, y);
        ctx.rotate(angle);
        ctx.font = font;
        ctx.textAlign = 'center';
        ctx.textBaseline = 'middle';
        ctx.lineJoin = 'round';
        ctx.strokeStyle = this.halo;
        ctx.lineWidth = 3;
        ctx.strokeText(line.text, 0, 0);
        ctx.fillStyle = line.colour;
        ctx.fillText(line.text, 0, 0);
        ctx.restore();
        return true;
      }
    }
    return false;
  };
})(window.gridmap);

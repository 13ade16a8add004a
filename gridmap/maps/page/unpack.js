/* From the base64 in the page to its data: gzip by the browser, or by the inflate below where it has none. */
window.gridmap = window.gridmap || {};
(function (gm) {
  'use strict';

  const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const DISTANCES = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073,
    4097, 6145, 8193, 12289, 16385, 24577];
  const DISTANCE_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const CODE_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  /** A canonical Huffman code (RFC 1951, 3.2.2): how many symbols of each length, and the symbols in order. */
  function huffman(lengths) {
    const count = new Uint16Array(16);
    const offset = new Uint16Array(16);
    const symbol = new Uint16Array(lengths.length);
    for (const length of lengths) { count[length] += 1; }
    count[0] = 0;
    for (let i = 1; i < 15; i += 1) { offset[i + 1] = offset[i] + count[i]; }
    lengths.forEach((length, i) => { if (length) { symbol[offset[length]] = i; offset[length] += 1; } });
    return { count, symbol };
  }

  /** The bytes behind a gzip member (RFC 1952 around RFC 1951) of known size, which its last four bytes tell. */
  gm.inflate = function (bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const out = new Uint8Array(view.getUint32(bytes.length - 4, true));
    let at = 10; // our own header: no name, no comment
    let end = 0;
    let held = 0;
    let bits = 0;

    function take(n) {
      while (bits < n) {
        if (at >= bytes.length) { throw new Error('cut off'); }
        held |= bytes[at] << bits;
        at += 1;
        bits += 8;
      }
      const value = held & ((1 << n) - 1);
      held >>>= n;
      bits -= n;
      return value;
    }
    function decode(code) {
      let value = 0;
      let first = 0;
      let index = 0;
      for (let length = 1; length < 16; length += 1) {
        value |= take(1);
        const count = code.count[length];
        if (value - count < first) { return code.symbol[index + (value - first)]; }
        index += count;
        first = (first + count) << 1;
        value <<= 1;
      }
      throw new Error('no such code');
    }
    function stored() {
      held = 0;
      bits = 0;
      const length = bytes[at] | (bytes[at + 1] << 8);
      out.set(bytes.subarray(at + 4, at + 4 + length), end);
      at += 4 + length;
      end += length;
    }
    function coded(literals, distances) {
      for (;;) {
        const symbol = decode(literals);
        if (symbol === 256) { return; }
        if (symbol < 256) { out[end] = symbol; end += 1; continue; }
        const length = LENGTHS[symbol - 257] + take(LENGTH_BITS[symbol - 257]);
        const far = decode(distances);
        const from = end - DISTANCES[far] - take(DISTANCE_BITS[far]);
        for (let i = 0; i < length; i += 1) { out[end + i] = out[from + i]; }
        end += length;
      }
    }
    function fixed() {
      const lengths = [];
      for (let i = 0; i < 288; i += 1) { lengths.push(i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8); }
      coded(huffman(lengths), huffman(new Array(30).fill(5)));
    }
    function dynamic() {
      const nLiterals = take(5) + 257;
      const nDistances = take(5) + 1;
      const nCodes = take(4) + 4;
      const lengths = new Array(19).fill(0);
      for (let i = 0; i < nCodes; i += 1) { lengths[CODE_ORDER[i]] = take(3); }
      const code = huffman(lengths);
      const all = [];
      while (all.length < nLiterals + nDistances) {
        const symbol = decode(code);
        if (symbol < 16) { all.push(symbol); continue; }
        const value = symbol === 16 ? all[all.length - 1] : 0;
        let n = symbol === 16 ? 3 + take(2) : symbol === 17 ? 3 + take(3) : 11 + take(7);
        while (n) { all.push(value); n -= 1; }
      }
      coded(huffman(all.slice(0, nLiterals)), huffman(all.slice(nLiterals)));
    }

    let isLast = 0;
    while (!isLast) {
      isLast = take(1);
      const kind = take(2);
      if (kind === 3) { throw new Error('no such block'); }
      [stored, fixed, dynamic][kind]();
    }
    return out;
  };

  /** A promise of the data in `base64`; rejected when they are not whole. */
  gm.unpack = async function (base64) {
    const text = atob(base64.trim());
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i += 1) { bytes[i] = text.charCodeAt(i); }
    if (typeof DecompressionStream === 'function') {
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
      return JSON.parse(await new Response(stream).text());
    }
    return JSON.parse(new TextDecoder('utf-8').decode(gm.inflate(bytes)));
  };
})(window.gridmap);

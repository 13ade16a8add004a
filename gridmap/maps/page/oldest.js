/* The one script written for browsers of any age: it says so when the others cannot run. */
(function () {
  var isAble = true;
  try {
    new Function('const f = async (a = 1, ...b) => { for (const c of b) { a += c; } return `${a}`; };');
    isAble = !!(window.Promise && window.Uint8Array && window.TextDecoder && Object.entries);
  } catch (error) {
    isAble = false;
  }
  if (isAble) { return; }
  window.onload = function () {
    var wait = document.getElementById('gm-wait');
    if (wait) { wait.innerHTML = '%TOO_OLD%'; }
  };
})();

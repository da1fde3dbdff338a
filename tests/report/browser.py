"""What a browser is asked about a page: each gives a list of faults, empty where there are none."""

#: WCAG 2.2, 1.4.3: text against its ground.
CONTRAST = 4.5

#: Elements that the page's width cuts, and texts of charts that leave their chart or lie on one another.
FAULTS = """() => {
  const found = [], root = document.documentElement;
  if (root.scrollWidth > innerWidth) found.push(`page is ${root.scrollWidth} wide`);
  for (const svg of document.querySelectorAll('svg[role=img]')) {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll('text')].map(one => [one.textContent, one.getBoundingClientRect()]);
    for (const [text, box] of texts) {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 ||
          box.bottom > frame.bottom + 1) found.push(`${text} leaves its chart`);
      if (box.width === 0) found.push(`${text} is not shown`);
    }
    for (const [i, [one, a]] of texts.entries()) for (const [two, b] of texts.slice(i + 1)) {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 0 && high > 4) found.push(`${one} lies on ${two}`);
    }
  }
  for (const one of document.querySelectorAll('h1, h2, h3, p, li, dt, dd, th, td')) {
    if (!one.closest('.scroll') && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
      found.push(`${one.textContent.slice(0, 30)} runs out of its box`);
  }
  return found;
}"""
#: Texts with less contrast than asked, by the nearest ground that is not transparent.
PALE = """(least) => {
  const light = colour => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const clear = colour => colour === 'transparent' || /, 0\\)$/.test(colour);
  const pale = new Set();
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!own) continue;
    let ground = one;
    while (ground && clear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    const style = getComputedStyle(one), colour = one instanceof SVGElement ? style.fill : style.color;
    const pair = [light(colour), light(getComputedStyle(ground).backgroundColor)].sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < least) pale.add(`${one.tagName} ${one.className.baseVal ?? one.className}: ${ratio.toFixed(2)}`);
  }
  return [...pale];
}"""
#: Signs that are drawn like ones that no font has.
MISSING = """() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 48;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  pen.font = `24px ${getComputedStyle(document.body).fontFamily}`;
  const drawn = sign => {
    pen.clearRect(0, 0, 48, 48);
    pen.fillText(sign, 12, 32);
    return pen.getImageData(0, 0, 48, 48).data.join();
  };
  const boxes = new Set(['\\u0378', '\\uffff', '\\u{10fffe}'].map(drawn));
  const signs = new Set(document.body.textContent.replace(/[\\s\\u200e\\u200f\\u061c\\u2066-\\u2069]/g, ''));
  return [...signs].filter(sign => boxes.has(drawn(sign)));
}"""
#: Tables behind charts that paper does not show.
UNPRINTED = """() => [...document.querySelectorAll('details table')]
  .filter(one => one.getBoundingClientRect().height === 0).length"""

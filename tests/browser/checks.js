// What is asked of a page, from within it. Each answers a list of what is wrong, in words.
globalThis.checks = (() => {
  const kind = (element) => [element.localName, ...element.classList].join(".");
  const near = (element) => {
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    const view = element.closest("[data-view]")?.dataset.view;
    return `${view ? `${view}: ` : ""}${kind(element)} "${text}"`;
  };

  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const ownText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());

  // -- room -----------------------------------------------------------------------------------------------

  // Nothing makes the page itself wider than the window; what is wide scrolls in a box of its own.
  const overflow = () => {
    const excess = document.documentElement.scrollWidth - innerWidth;
    if (excess <= 1) return [];
    const wide = [...document.body.querySelectorAll("*")].filter((element) => {
      if (element.getBoundingClientRect().right <= innerWidth + 1) return false;
      for (let box = element.parentElement; box; box = box.parentElement)
        if (getComputedStyle(box).overflowX !== "visible") return false;
      return true;
    });
    return [`${excess}px too wide`, ...wide.slice(0, 5).map(near)];
  };

  // The same for views in the cells of a notebook, which would cut them off.
  const cutOff = () =>
    [...document.querySelectorAll("[data-view]")]
      .filter((view) => view.scrollWidth > view.clientWidth + 1)
      .map((view) => `${view.dataset.view}: ${view.scrollWidth - view.clientWidth}px too wide`);

  // Words of Latin letters that are broken in two, though they are not long.
  const broken = (selector) => {
    const wrong = [];
    const texts = document.createTreeWalker(document.querySelector(selector), NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode())
      for (const { 0: word, index } of text.data.matchAll(/(?<=^|[\s(])\p{Script=Latin}{2,16}(?=$|[\s),.:;])/gu)) {
        const range = document.createRange();
        range.setStart(text, index);
        range.setEnd(text, index + word.length);
        const lines = new Set([...range.getClientRects()].map((box) => Math.round(box.top)));
        if (lines.size > 1) wrong.push(`"${word}" in ${near(text.parentElement)}`);
      }
    return wrong;
  };

  // The shapes of a drawing, in the order in which they are painted, each with what is asked of it often.
  const shapes = (svg) =>
    [...svg.querySelectorAll("path, rect, line, circle, ellipse, polygon, polyline")].map((shape) => {
      const { fill, stroke, fillOpacity } = getComputedStyle(shape);
      const place = shape.getScreenCTM().inverse();
      const within = (x, y) => new DOMPoint(x, y).matrixTransform(place);
      return {
        box: shape.getBoundingClientRect(),
        fills: (x, y) => fill !== "none" && shape.isPointInFill(within(x, y)),
        strokes: (x, y) => stroke !== "none" && shape.isPointInStroke(within(x, y)),
        isBefore: (text) => Boolean(text.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_PRECEDING),
        paint: () => faded(colour(fill), fillOpacity * opacity(shape)),
      };
    });

  // Whether a line of the drawing, or of hatching, runs through the letters; not if an area lies over it.
  const isStruck = (text, painted) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const y = (top + bottom) / 2;
    const around = painted.filter(({ box }) => box.top <= y && box.bottom >= y && box.right > left && box.left < right);
    for (let x = left + 2; x < right - 2; x += 0.5)
      if (around.findLast((shape) => shape.fills(x, y) || shape.strokes(x, y))?.strokes(x, y)) return true;
    return false;
  };

  const isCovered = (text, painted) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const x = (left + right) / 2;
    const y = (top + bottom) / 2;
    return painted.some((shape) => !shape.isBefore(text) && shape.fills(x, y) && shape.paint()[3] > 0);
  };

  const isOver = (a, b) => {
    const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return across > 1 && down > 0.25 * Math.min(a.height, b.height); // a line's box is taller than its letters
  };
  const isWithin = (a, b) => a.left > b.left - 1 && a.right < b.right + 1 && a.top > b.top - 1 && a.bottom < b.bottom + 1;

  // Texts of one drawing stand apart, lie within it, have a size to read, and nothing is drawn over or through them.
  const drawing = (svg, smallest, largest) => {
    const frame = svg.getBoundingClientRect();
    const painted = shapes(svg);
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && shown(text));
    const boxes = texts.map((text) => text.getBoundingClientRect());
    return texts.flatMap((text, i) => {
      const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d;
      const others = texts.slice(0, i).filter((_, j) => isOver(boxes[i], boxes[j]));
      return [
        !isWithin(boxes[i], frame) && "out of its drawing",
        (size < smallest || size > largest) && `${size.toFixed(1)}px`,
        isStruck(text, painted) && "a line through it",
        isCovered(text, painted) && "covered",
        ...others.map((other) => `over ${near(other)}`),
      ]
        .filter(Boolean)
        .map((wrong) => `${wrong}: ${near(text)}`);
    });
  };

  const drawings = (smallest, largest) =>
    [...document.querySelectorAll("[data-view] svg")].flatMap((svg) => drawing(svg, smallest, largest));

  // How the elements of a view look, in all that a page's own style might change.
  const LOOKS = "color background-color font border margin max-width display table-layout border-collapse white-space".split(" ");
  const looks = () =>
    [...document.querySelectorAll("[data-view] > * *")].flatMap((element) => {
      const style = getComputedStyle(element);
      const ofCells = element.localName === "tr" ? [] : ["padding", "vertical-align"];
      const align = style.textAlign.replace("start", "left").replace("end", "right");
      const said = [...LOOKS, ...ofCells].map((property) => `${property}: ${style.getPropertyValue(property)}`);
      return [...said, `text-align: ${align}`].map((each) => `${kind(element)} ${each}`);
    });

  // -- names ----------------------------------------------------------------------------------------------

  const ids = () => {
    const all = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return [...new Set(all.filter((id, i) => all.indexOf(id) !== i))];
  };

  // A fragment is XML, and has the same elements when it is read as HTML.
  const wellFormed = (html) => {
    const xml = new DOMParser().parseFromString(html, "application/xml");
    const error = xml.querySelector("parsererror");
    if (error) return [error.textContent];
    const names = (root) => [...root.querySelectorAll("*")].map((element) => element.localName).join(" ");
    const read = new DOMParser().parseFromString(html, "text/html").body;
    return names(xml) === names(read) ? [] : ["another tree as HTML than as XML"];
  };

  // -- colours --------------------------------------------------------------------------------------------

  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });

  // Answers kept, since most of a page is alike.
  const kept = (work, answers = new Map()) => (of) => {
    if (!answers.has(of)) answers.set(of, work(of));
    return answers.get(of);
  };

  // Any CSS colour as red, green, blue and alpha, all from 0 to 1.
  const colour = kept((css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255);
  });
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = (parts) => {
    const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };

  const opacity = (element) => (element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1);
  const faded = ([r, g, b, a], by) => [r, g, b, a * by];

  // Texts whose contrast with what lies behind them is less than `least`. Behind them are the backgrounds of their
  // ancestors and, in a drawing, what is painted under their ends and their middle.
  const contrast = (selector, least) => {
    const ground = kept((element) =>
      element ? over(colour(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [1, 1, 1, 1],
    );
    const painted = kept(shapes);
    const behind = (element) => {
      const svg = element.closest("svg");
      if (!svg) return [ground(element)];
      const { left, right, top, bottom } = element.getBoundingClientRect();
      const before = painted(svg).filter((shape) => shape.isBefore(element));
      return [left + 1, (left + right) / 2, right - 1].map((x) =>
        before
          .filter((shape) => shape.fills(x, (top + bottom) / 2))
          .reduce((below, shape) => over(shape.paint(), below), ground(element)),
      );
    };
    return [...document.querySelectorAll(selector)].filter((element) => ownText(element) && shown(element)).flatMap((element) => {
      const style = getComputedStyle(element);
      const ink = faded(colour(element.closest("svg") ? style.fill : style.color), opacity(element));
      const is = Math.min(...behind(element).map((back) => ratio(over(ink, back), back)));
      return is < least ? [`${is.toFixed(2)}: ${near(element)}`] : [];
    });
  };

  // How light the background of the page, or of an element, is: 0 is black, 1 is white.
  const lightness = (element = document.body) => luminance(over(colour(getComputedStyle(element).backgroundColor), [1, 1, 1, 1]));

  return { overflow, cutOff, broken, drawings, looks, ids, wellFormed, contrast, lightness };
})();

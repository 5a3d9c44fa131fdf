// What is asked of a page, from within it. Each answers a list of what is wrong, in words.
globalThis.checks = (() => {
  const near = (element) => {
    const id = element.id ? `#${element.id}` : "";
    const classes = [...element.classList].map((name) => `.${name}`).join("");
    const text = element.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    const view = element.closest("[data-view]")?.dataset.view;
    return `${view ? `${view}: ` : ""}${element.localName}${id}${classes} "${text}"`;
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

  // Texts of one drawing stand apart and lie within it. A line's box is taller than its letters.
  const drawing = (svg) => {
    const frame = svg.getBoundingClientRect();
    const wrong = [];
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && shown(text));
    const boxes = texts.map((text) => text.getBoundingClientRect());
    boxes.forEach((box, i) => {
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        wrong.push(`out of its drawing: ${near(texts[i])}`);
      for (let j = 0; j < i; j++) {
        const across = Math.min(box.right, boxes[j].right) - Math.max(box.left, boxes[j].left);
        const down = Math.min(box.bottom, boxes[j].bottom) - Math.max(box.top, boxes[j].top);
        if (across > 1 && down > 0.25 * Math.min(box.height, boxes[j].height))
          wrong.push(`one over the other: ${near(texts[j])} and ${near(texts[i])}`);
      }
    });
    return wrong;
  };

  const drawings = () => [...document.querySelectorAll("[data-view] svg")].flatMap(drawing);

  // -- names ----------------------------------------------------------------------------------------------

  const ids = () => {
    const all = [...document.querySelectorAll("[id]")].map((element) => element.id);
    return [...new Set(all.filter((id, i) => all.indexOf(id) !== i))];
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

  // What a shape is filled with; of a pattern, the strokes it is drawn with.
  const fill = (shape) => {
    const style = getComputedStyle(shape);
    if (style.fill === "none") return [0, 0, 0, 0];
    const pattern = style.fill.match(/^url\("?#(.+?)"?\)/);
    if (!pattern) return faded(colour(style.fill), style.fillOpacity * opacity(shape));
    const drawn = [...document.getElementById(pattern[1]).children].at(-1);
    return faded(colour(getComputedStyle(drawn).stroke), opacity(shape));
  };

  // The shapes of a drawing that are painted before a text, at a point of the window.
  const shapesUnder = (text, x, y) =>
    [...text.closest("svg").querySelectorAll("rect, path, circle, ellipse, polygon")].filter((shape) => {
      if (!(text.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_PRECEDING) || shape.closest("defs")) return false;
      return shape.isPointInFill(new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse()));
    });

  // The colours behind a text: of its ancestors and, in a drawing, of what lies under its ends and its middle.
  const behind = (element, ground) => {
    const base = ground(element);
    if (!element.closest("svg")) return [base];
    const { left, right, top, bottom } = element.getBoundingClientRect();
    return [left + 1, (left + right) / 2, right - 1].map((x) =>
      shapesUnder(element, x, (top + bottom) / 2).map(fill).reduce((below, layer) => over(layer, below), base),
    );
  };

  // Texts whose contrast with what lies behind them is less than `least`.
  const contrast = (selector, least) => {
    const ground = kept((element) =>
      element ? over(colour(getComputedStyle(element).backgroundColor), ground(element.parentElement)) : [1, 1, 1, 1],
    );
    return [...document.querySelectorAll(selector)].filter((element) => ownText(element) && shown(element)).flatMap((element) => {
      const style = getComputedStyle(element);
      const ink = faded(colour(element.closest("svg") ? style.fill : style.color), opacity(element));
      const is = Math.min(...behind(element, ground).map((back) => ratio(over(ink, back), back)));
      return is < least ? [`${is.toFixed(2)}: ${near(element)}`] : [];
    });
  };

  // How light the page is behind everything: 0 is black, 1 is white.
  const lightness = () => luminance(over(colour(getComputedStyle(document.body).backgroundColor), [1, 1, 1, 1]));

  return { overflow, drawings, ids, contrast, lightness };
})();

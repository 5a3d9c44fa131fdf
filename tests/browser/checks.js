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

  const SHAPES = "path, rect, line, circle, ellipse, polygon, polyline";
  const within = (shape, x, y) => new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse());
  const meet = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left);

  // Whether a line of the drawing, or of hatching, runs through the letters.
  const struck = (text, svg) => {
    const { left, right, top, bottom } = text.getBoundingClientRect();
    const middle = (top + bottom) / 2;
    return [...svg.querySelectorAll(SHAPES)].some((shape) => {
      const box = shape.getBoundingClientRect();
      if (getComputedStyle(shape).stroke === "none" || box.top > middle || box.bottom < middle) return false;
      for (let x = Math.max(left + 2, box.left); x < Math.min(right - 2, box.right + 1); x += 0.5)
        if (shape.isPointInStroke(within(shape, x, middle))) return true;
      return false;
    });
  };

  // Texts of one drawing stand apart, lie within it, are large enough, and no line runs through them.
  const drawing = (svg, smallest) => {
    const frame = svg.getBoundingClientRect();
    const texts = [...svg.querySelectorAll("text")].filter((text) => text.textContent.trim() && shown(text));
    const boxes = texts.map((text) => text.getBoundingClientRect());
    return texts.flatMap((text, i) => {
      const box = boxes[i];
      const size = parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().d;
      const wrong = [];
      if (box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 1 || box.bottom > frame.bottom + 1)
        wrong.push(`out of its drawing: ${near(text)}`);
      if (size < smallest) wrong.push(`${size.toFixed(1)}px: ${near(text)}`);
      if (struck(text, svg)) wrong.push(`a line through it: ${near(text)}`);
      for (let j = 0; j < i; j++) {
        const down = Math.min(box.bottom, boxes[j].bottom) - Math.max(box.top, boxes[j].top);
        // A line's box is taller than its letters.
        if (meet(box, boxes[j]) > 1 && down > 0.25 * Math.min(box.height, boxes[j].height))
          wrong.push(`one over the other: ${near(texts[j])} and ${near(text)}`);
      }
      return wrong;
    });
  };

  const drawings = (smallest) => [...document.querySelectorAll("[data-view] svg")].flatMap((svg) => drawing(svg, smallest));

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

  const fill = (shape) => {
    const { fill, fillOpacity } = getComputedStyle(shape);
    return fill === "none" ? [0, 0, 0, 0] : faded(colour(fill), fillOpacity * opacity(shape));
  };

  // The shapes of a drawing that are painted before a text, at a point of the window.
  const shapesUnder = (text, x, y) =>
    [...text.closest("svg").querySelectorAll(SHAPES)].filter(
      (shape) =>
        text.compareDocumentPosition(shape) & Node.DOCUMENT_POSITION_PRECEDING && shape.isPointInFill(within(shape, x, y)),
    );

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

  return { overflow, drawings, ids, wellFormed, contrast, lightness };
})();

// Texts on a page that stand out from their ground by less than they should: 4.5 to 1, or 3 to 1 where they are large,
// or signs of something to press (Web Content Accessibility Guidelines 2.2, 1.4.3 and 1.4.11).
() => {
  const parsed = (colour) => {
    const numbers = colour.match(/[\d.]+/g).map(Number);
    const scale = colour.startsWith("color(srgb") ? 255 : 1;
    return [...numbers.slice(0, 3).map((value) => value * scale), numbers[3] === undefined ? 1 : numbers[3]];
  };
  const over = (front, back) => [0, 1, 2].map((i) => front[i] * front[3] + back[i] * (1 - front[3])).concat([1]);
  const luminance = (colour) => {
    const [red, green, blue] = colour.slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!text || ["SCRIPT", "STYLE", "NOSCRIPT"].includes(element.tagName)) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    const box = range.getBoundingClientRect();
    if (box.width < 1 || box.height < 1 || element.closest("[disabled], .disabled, [aria-disabled=true]")) continue;
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    const isSign = element.classList.contains("q-icon");
    // Signs that say nothing by themselves stand beside a text that does.
    if (isSign && !element.closest("button, a, [role=button], [role=tab], [role=checkbox], [role=switch]")) continue;
    const grounds = [];
    let opacity = 1;
    for (let node = element; node; node = node.parentElement) {
      const style = getComputedStyle(node);
      opacity *= Number(style.opacity);
      const colour = parsed(style.backgroundColor);
      if (colour[3] > 0) grounds.push(colour);
      if (colour[3] >= 1) break;
    }
    const ground = grounds.reverse().reduce((base, colour) => over(colour, base), [255, 255, 255, 1]);
    const style = getComputedStyle(element);
    const colour = parsed(element.namespaceURI.endsWith("svg") ? style.fill : style.color);
    const ink = over([...colour.slice(0, 3), colour[3] * opacity], ground);
    const [dark, light] = [luminance(ink), luminance(ground)].sort((a, b) => a - b);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < (isLarge || isSign ? 3 : 4.5)) found.push(`${ratio.toFixed(2)}: ${text.slice(0, 40)}`);
  }
  return [...new Set(found)];
}

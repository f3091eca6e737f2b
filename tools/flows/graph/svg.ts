import { layOut, type Point, type Size } from './layout.ts';
import type { Graph, GraphEdge, GraphNode } from './model.ts';

const fontSize = 13;
const lineHeight = 17;
const margin = 24;
const headHeight = 46;
/** Longer labels are cut in the drawing; the whole text shows when the pointer rests on it. */
const maxLabel = 44;
const maxLabelLines = 6;

/** Colours follow the reader's system: light or dark. */
const style = `
  svg { background: #ffffff; color: #1f2328; }
  text { font: ${String(fontSize)}px system-ui, -apple-system, 'Segoe UI', 'Noto Sans', 'Noto Sans CJK SC', sans-serif; fill: #1f2328; }
  .head { font-size: 17px; font-weight: 600; }
  .about, .detail, .label { fill: #59636e; font-size: 12px; }
  .title { font-weight: 600; }
  .node > * { stroke-width: 1.4; }
  .way { fill: none; stroke: #818b98; stroke-width: 1.3; }
  .tip { fill: #818b98; }
  .under { fill: #ffffff; opacity: 0.88; }
  .start .form { fill: #dafbe1; stroke: #1a7f37; }
  .speak .form { fill: #ddf4ff; stroke: #0969da; }
  .ask .form { fill: #fff8c5; stroke: #9a6700; }
  .shop .form { fill: #fbefff; stroke: #8250df; }
  .change .form { fill: #ffebe9; stroke: #cf222e; }
  .decide .form, .quiet .form { fill: #f6f8fa; stroke: #818b98; }
  .call .form { fill: #ffeff7; stroke: #bf3989; }
  .end .form { fill: #d1d9e0; stroke: #59636e; }
  @media (prefers-color-scheme: dark) {
    svg { background: #0d1117; color: #f0f6fc; }
    text { fill: #f0f6fc; }
    .about, .detail, .label { fill: #b1bac4; }
    .way { stroke: #8b949e; }
    .tip { fill: #8b949e; }
    .under { fill: #0d1117; }
    .start .form { fill: #12361f; stroke: #3fb950; }
    .speak .form { fill: #0c2d6b; stroke: #58a6ff; }
    .ask .form { fill: #3b2e00; stroke: #d29922; }
    .shop .form { fill: #2d1a52; stroke: #bc8cff; }
    .change .form { fill: #490f12; stroke: #ff7b72; }
    .decide .form, .quiet .form { fill: #21262d; stroke: #8b949e; }
    .call .form { fill: #42123a; stroke: #f778ba; }
    .end .form { fill: #30363d; stroke: #b1bac4; }
  }`;

/** A graph as an SVG picture, in layers from top to bottom. */
export function svgOf(graph: Graph): string {
  const sizes = { nodes: graph.nodes.map(sizeOf), labels: graph.edges.map(labelSize) };
  const { width, height, nodes, edges } = layOut(graph, sizes, margin);
  const fullWidth = Math.ceil(Math.max(width, widthOf(graph.about) + 2 * margin));
  const fullHeight = Math.ceil(height + headHeight);
  const shift = (fullWidth - width) / 2;
  const nowhere = { x: 0, y: 0 };
  const ways = edges.map(({ points }) => `<path class="way" marker-end="url(#tip)" d="${pathOf(points)}"/>`);
  const labels = graph.edges.map((edge, index) => labelOf(edge, edges[index]?.label ?? nowhere));
  const forms = graph.nodes.map((node, index) => formOf(node, nodes[index] ?? nowhere));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${String(fullWidth)}" height="${String(fullHeight)}" viewBox="0 0 ${String(fullWidth)} ${String(fullHeight)}" role="img" aria-label="${escaped(graph.name)}">`,
    `<style>${style}</style>`,
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 10 5 0 10z"/></marker></defs>',
    `<text class="head" x="${String(margin)}" y="28">${escaped(graph.name)}</text>`,
    `<text class="about" x="${String(margin)}" y="46">${escaped(graph.about)}</text>`,
    `<g transform="translate(${round(shift)} ${String(headHeight)})">`,
    ...ways,
    ...labels,
    ...forms,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

function sizeOf({ title, detail, kind }: GraphNode): Size {
  const text = Math.max(widthOf(title) * 1.06, widthOf(cut(detail)));
  // The slanted ends of a decision need room beside the text.
  const room = kind === 'decide' ? 46 : 26;
  return { width: text + room, height: detail === '' ? 34 : 34 + lineHeight };
}

function formOf(node: GraphNode, { x, y }: Point): string {
  const { width, height } = sizeOf(node);
  const [left, top] = [x - width / 2, y - height / 2];
  const titleY = node.detail === '' ? y + 4.5 : y - 4;
  const detail =
    node.detail === ''
      ? ''
      : `<text class="detail" x="${round(x)}" y="${round(y + 14)}" text-anchor="middle">${escaped(cut(node.detail))}</text>`;
  return (
    `<g class="node ${node.kind}"><title>${escaped(`${node.title} ${node.detail}`.trim())}</title>` +
    outline(node, left, top, width, height) +
    `<text class="title" x="${round(x)}" y="${round(titleY)}" text-anchor="middle">${escaped(node.title)}</text>${detail}</g>`
  );
}

function outline({ kind }: GraphNode, left: number, top: number, width: number, height: number): string {
  if (kind === 'decide') {
    const [right, bottom, middle] = [left + width, top + height, top + height / 2];
    const slant = 16;
    const points = [
      [left, middle],
      [left + slant, top],
      [right - slant, top],
      [right, middle],
      [right - slant, bottom],
      [left + slant, bottom],
    ].map(([x = 0, y = 0]) => `${round(x)},${round(y)}`);
    return `<polygon class="form" points="${points.join(' ')}"/>`;
  }
  const radius = kind === 'start' || kind === 'end' ? height / 2 : kind === 'ask' ? 12 : 4;
  return `<rect class="form" x="${round(left)}" y="${round(top)}" width="${round(width)}" height="${round(height)}" rx="${round(radius)}"/>`;
}

function labelLines({ label }: GraphEdge): string[] {
  if (label === '') return [];
  const lines = label.split('\n').flatMap(wrap);
  const shown = lines.slice(0, maxLabelLines).map(cut);
  return lines.length > shown.length ? [...shown, `and ${String(lines.length - shown.length)} more`] : shown;
}

/** Breaks a long condition where it says "and" or "or". */
function wrap(line: string): string[] {
  if (line.length <= maxLabel) return [line];
  const lines: string[] = [];
  for (const part of line.split(/(?=&& |\|\| )/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length <= maxLabel) lines[lines.length - 1] = last + part;
    else lines.push(part);
  }
  return lines.map((each) => each.trim());
}

function labelSize(edge: GraphEdge): Size {
  const lines = labelLines(edge);
  if (lines.length === 0) return { width: 0, height: 0 };
  return { width: Math.max(...lines.map(widthOf)) + 8, height: lines.length * 15 };
}

function labelOf(edge: GraphEdge, { x, y }: Point): string {
  const lines = labelLines(edge);
  if (lines.length === 0) return '';
  const width = Math.max(...lines.map(widthOf)) + 6;
  const top = y - (lines.length * 15) / 2;
  const texts = lines.map(
    (line, index) =>
      `<text class="label" x="${round(x)}" y="${round(top + 11.5 + index * 15)}" text-anchor="middle">${escaped(line)}</text>`,
  );
  return `<g><title>${escaped(edge.label)}</title><rect class="under" x="${round(x - width / 2)}" y="${round(top)}" width="${round(width)}" height="${String(lines.length * 15)}"/>${texts.join('')}</g>`;
}

/** A line through points that bends softly at each of them. */
function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points;
  if (!first) return '';
  const last = rest.at(-1) ?? first;
  const bends = rest.slice(0, -1).map((point, index) => {
    const next = rest[index + 1] ?? last;
    const middle = index === rest.length - 2 ? last : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${round(point.x)} ${round(point.y)} ${round(middle.x)} ${round(middle.y)}`;
  });
  return `M${round(first.x)} ${round(first.y)}${bends.join('')}${bends.length === 0 ? `L${round(last.x)} ${round(last.y)}` : ''}`;
}

function cut(text: string): string {
  return text.length > maxLabel ? `${text.slice(0, maxLabel - 1)}…` : text;
}

/** About as wide as the text is drawn, in pixels: there is no browser here to measure it. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += /\p{Script=Han}/u.test(char) ? 13 : /[A-Zmw_"@&]/.test(char) ? 8.6 : 6.7;
  return width;
}

const round = (value: number): string => String(Math.round(value * 10) / 10);

function escaped(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

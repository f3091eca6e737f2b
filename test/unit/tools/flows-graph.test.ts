import { XMLParser } from 'fast-xml-parser';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileFlowPack } from '../../../src/dialog/flow-pack.ts';
import { drawFlows } from '../../../tools/flows/graph.ts';
import { mermaidOf } from '../../../tools/flows/graph/mermaid.ts';
import { graphOfFlow, graphOfPack } from '../../../tools/flows/graph/model.ts';
import { svgOf } from '../../../tools/flows/graph/svg.ts';
import { diffFiles, exportFiles } from '../../../tools/flows/versions.ts';
import { smallFlows, smallFlowsWith } from '../../support/small-flows.ts';

const pack = compileFlowPack(new Map(Object.entries(smallFlows())));
const cancel = pack.flows.get('cancel');
if (!cancel) throw new Error('The small flows have a flow "cancel".');
const graph = graphOfFlow(cancel);

describe('the graph of a flow', () => {
  it('has every step, the start and the end', () => {
    expect(graph.nodes.map(({ id }) => id)).toEqual([
      'number',
      'sure',
      'cancel',
      'too-late',
      'cancelled',
      '(start)',
      'done',
    ]);
  });

  it('has every way, with when it is taken', () => {
    expect(graph.edges).toEqual(
      expect.arrayContaining([
        { from: '(start)', to: 'number', label: '' },
        { from: 'number', to: 'sure', label: '' },
        { from: 'sure', to: 'cancel', label: 'yes' },
        { from: 'sure', to: 'done', label: 'no' },
        { from: 'cancel', to: 'too-late', label: 'problems order_not_pending' },
        { from: 'cancelled', to: 'done', label: '' },
      ]),
    );
  });

  it('is drawn as SVG that any browser takes, with every step inside the picture', () => {
    const svg = svgOf(graph);
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(svg) as {
      svg: { '@_width': string; '@_height': string };
    };
    const { '@_width': width, '@_height': height } = parsed.svg;
    for (const { title } of graph.nodes) expect(svg).toContain(`>${title.replace(/"/g, '&quot;')}</text>`);
    const numbers = [
      ...svg.matchAll(/<rect class="form" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g),
    ];
    expect(numbers.length).toBeGreaterThanOrEqual(graph.nodes.length);
    for (const [, x, y, w, h] of numbers) {
      expect(Number(x)).toBeGreaterThanOrEqual(0);
      expect(Number(y)).toBeGreaterThanOrEqual(0);
      expect(Number(x) + Number(w)).toBeLessThanOrEqual(Number(width));
      expect(Number(y) + Number(h)).toBeLessThanOrEqual(Number(height));
    }
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('draws no two steps over each other', () => {
    const boxes = [
      ...svgOf(graph).matchAll(
        /<rect class="form" x="([-\d.]+)" y="([-\d.]+)" width="([\d.]+)" height="([\d.]+)"/g,
      ),
    ].map(([, x, y, width, height]) => ({
      x: Number(x),
      y: Number(y),
      width: Number(width),
      height: Number(height),
    }));
    for (const [index, one] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        const apart =
          one.x + one.width <= other.x ||
          other.x + other.width <= one.x ||
          one.y + one.height <= other.y ||
          other.y + other.height <= one.y;
        expect(apart).toBe(true);
      }
    }
  });

  it('is written as Mermaid, with its own signs escaped', () => {
    const lines = mermaidOf({
      ...graph,
      edges: [...graph.edges, { from: 'number', to: 'done', label: 'order.status == "x" || a < b' }],
    }).split('\n');
    expect(lines[1]).toBe('flowchart TD');
    expect(lines).toContain('  n0[/"number<br>ask order_number"/]');
    expect(lines).toContain('  n1 -->|"yes"| n2');
    expect(lines).toContain('  n0 -->|"order.status == #quot;x#quot; #124;#124; a #lt; b"| n6');
  });
});

describe('the overview', () => {
  it('tells which flow leads to which', () => {
    expect(graphOfPack(pack).edges).toContainEqual({ from: 'main', to: 'cancel', label: 'wish' });
    expect(
      graphOfPack(pack).edges.find(({ from, to }) => from === '(any)' && to === 'leave')?.label,
    ).toContain('agent');
  });
});

describe('drawing', () => {
  it('writes both forms of every flow, or of those named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kefu-graphs-'));
    try {
      await drawFlows(smallFlows(), ['cancel'], join(folder, 'one'));
      expect(readdirSync(join(folder, 'one')).sort()).toEqual(['cancel.mmd', 'cancel.svg']);
      await drawFlows(smallFlows(), [], join(folder, 'all'));
      expect(readdirSync(join(folder, 'all'))).toHaveLength(2 * (pack.flows.size + 1));
      await expect(drawFlows(smallFlows(), ['cancl'], folder)).rejects.toMatchObject({
        code: 'not_found',
        message: 'There is no flow "cancl" (did you mean "cancel"?).',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('the files of versions', () => {
  it('are compared line by line', () => {
    const after = smallFlowsWith('main.yaml', 'en: Hello.', 'en: Good day.');
    const difference = diffFiles(smallFlows(), after);
    expect(difference).toContain('-  hello: { en: Hello., zh: 您好。 }');
    expect(difference).toContain('+  hello: { en: Good day., zh: 您好。 }');
    expect(difference).not.toContain('cancel.yaml');
    expect(diffFiles(after, after)).toBe('');
  });

  it('are written into a new folder only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kefu-export-'));
    try {
      await exportFiles(smallFlows(), join(folder, 'new'));
      expect(readFileSync(join(folder, 'new', 'main.yaml'), 'utf8')).toBe(smallFlows()['main.yaml']);
      await expect(exportFiles(smallFlows(), join(folder, 'new'))).rejects.toMatchObject({
        code: 'config_invalid',
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

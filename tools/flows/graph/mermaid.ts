import type { Graph, GraphNode, NodeKind } from './model.ts';

/** Brackets of Mermaid's node forms. */
const forms: Readonly<Record<NodeKind, readonly [string, string]>> = {
  start: ['([', '])'],
  speak: ['[', ']'],
  ask: ['[/', '/]'],
  shop: ['[(', ')]'],
  change: ['[(', ')]'],
  decide: ['{', '}'],
  call: ['[[', ']]'],
  quiet: ['[', ']'],
  end: ['([', '])'],
};

/** A graph as a Mermaid flowchart. */
export function mermaidOf({ name, about, nodes, edges }: Graph): string {
  // Mermaid has words of its own that a step may be called, such as "end".
  const ids = new Map(nodes.map((node, index) => [node.id, `n${String(index)}`]));
  const lines = [`%% ${name}: ${about}`, 'flowchart TD'];
  for (const node of nodes) {
    const [open, close] = forms[node.kind];
    lines.push(`  ${ids.get(node.id) ?? ''}${open}"${textOf(node)}"${close}`);
  }
  for (const { from, to, label } of edges) {
    const arrow = label === '' ? '-->' : `-->|"${escaped(label)}"|`;
    lines.push(`  ${ids.get(from) ?? ''} ${arrow} ${ids.get(to) ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}

function textOf({ title, detail }: GraphNode): string {
  return escaped(detail === '' ? title : `${title}\n${detail}`);
}

function escaped(text: string): string {
  return text
    .replace(/&/g, '#amp;')
    .replace(/"/g, '#quot;')
    .replace(/</g, '#lt;')
    .replace(/>/g, '#gt;')
    .replace(/\|/g, '#124;')
    .replace(/\n/g, '<br>');
}

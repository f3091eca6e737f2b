import * as dagre from '@dagrejs/dagre';
import type { Graph } from './model.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Where everything of a graph goes, in pixels; nodes and edges in the order of the graph. */
export interface Layout extends Size {
  /** Middles of the nodes. */
  readonly nodes: readonly Point[];
  /** Where each edge bends, and the middle of its label. */
  readonly edges: readonly { readonly points: readonly Point[]; readonly label: Point }[];
}

/** The part of dagre that is used: its own declarations cannot be resolved, as they import files without their endings. */
interface DagreGraph {
  setGraph(options: Readonly<Record<string, unknown>>): void;
  setNode(id: string, size: Size): void;
  setEdge(from: string, to: string, label: Size & { readonly labelpos: 'c' }, name: string): void;
  graph(): Partial<Size>;
  node(id: string): Point;
  edge(from: string, to: string, name: string): Partial<Point> & { readonly points: readonly Point[] };
}
const { Graph: LayoutGraph, layout } = dagre as unknown as {
  readonly Graph: new (options: { readonly multigraph: boolean }) => DagreGraph;
  readonly layout: (graph: DagreGraph) => void;
};

/** Places a graph in layers from top to bottom. `sizes` are those of the nodes and of the labels of the edges. */
export function layOut(
  { nodes, edges }: Graph,
  sizes: { readonly nodes: readonly Size[]; readonly labels: readonly Size[] },
  margin: number,
): Layout {
  const graph = new LayoutGraph({ multigraph: true });
  graph.setGraph({ rankdir: 'TB', nodesep: 26, ranksep: 40, edgesep: 14, marginx: margin, marginy: margin });
  const none: Size = { width: 0, height: 0 };
  nodes.forEach(({ id }, index) => graph.setNode(id, sizes.nodes[index] ?? none));
  edges.forEach(({ from, to }, index) => {
    graph.setEdge(from, to, { ...(sizes.labels[index] ?? none), labelpos: 'c' }, String(index));
  });
  layout(graph);
  const { width = 0, height = 0 } = graph.graph();
  return {
    width,
    height,
    nodes: nodes.map(({ id }) => graph.node(id)),
    edges: edges.map(({ from, to }, index) => {
      const { points, x = 0, y = 0 } = graph.edge(from, to, String(index));
      return { points, label: { x, y } };
    }),
  };
}

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { KefuError } from '../../src/core/errors.ts';
import { suggestion } from '../../src/core/suggestion.ts';
import type { FlowFiles } from '../../src/core/store.ts';
import { compileFlowPack } from '../../src/dialog/flow-pack.ts';

import { mermaidOf } from './graph/mermaid.ts';
import { graphOfFlow, graphOfPack } from './graph/model.ts';
import { svgOf } from './graph/svg.ts';

/**
 * Draws flows (all, when none is named, with an overview of what leads to what) as SVG and Mermaid. Resolves with the files written.
 *
 * @throws KefuError `flow_invalid` when the flows cannot be loaded, `not_found` for a flow that is not there.
 */
export async function drawFlows(
  files: FlowFiles,
  names: readonly string[],
  directory: string,
): Promise<readonly string[]> {
  const pack = compileFlowPack(new Map(Object.entries(files)));
  const flows = (names.length > 0 ? names : [...pack.flows.keys()]).map((name) => {
    const flow = pack.flows.get(name);
    if (flow) return flow;
    const hint = suggestion(name, [...pack.flows.keys()]);
    throw new KefuError('not_found', `There is no flow "${name}"${hint}.`);
  });
  const graphs = flows.map(graphOfFlow);
  if (names.length === 0) graphs.unshift(graphOfPack(pack));
  await mkdir(directory, { recursive: true });
  const written: string[] = [];
  for (const graph of graphs) {
    const drawings = [
      ['svg', svgOf(graph)],
      ['mmd', mermaidOf(graph)],
    ] as const;
    for (const [ending, content] of drawings) {
      const file = join(directory, `${graph.name}.${ending}`);
      await writeFile(file, content);
      written.push(file);
    }
  }
  return written;
}

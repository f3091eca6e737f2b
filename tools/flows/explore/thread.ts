import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { FlowFiles } from '../../../src/core/store.ts';
import { exploreAlone } from '../explore.ts';
import { companyBy } from './company.ts';

/** What an explorer's thread is given. */
export interface ExplorerStart {
  readonly files: FlowFiles;
  readonly limitMs: number;
  readonly index: number;
  readonly size: number;
  /** Where names of what was reached go and come from. */
  readonly port: MessagePort;
}

const { files, limitMs, index, size, port } = workerData as ExplorerStart;
const found = await exploreAlone(files, { limitMs, company: companyBy(port, index, size) });
port.close();
parentPort?.postMessage(found);

import { KefuError } from '../../src/core/errors.ts';
import type { QueueStore } from '../../src/core/handoff.ts';

/** A store as a node sees it whose network can fail, or whose process can die: then nothing it asks for happens any more. */
export interface SeveredStore extends QueueStore {
  severed: boolean;
}

export function severable(store: QueueStore): SeveredStore {
  const pass = <T>(work: () => Promise<T>): Promise<T> =>
    view.severed ? Promise.reject(new KefuError('store_unavailable', 'no route to host')) : work();
  const view: SeveredStore = {
    severed: false,
    read: () => pass(() => store.read()),
    commit: (changes) => pass(() => store.commit(changes)),
    renewLease: (nodeId, leaseMs) => pass(() => store.renewLease(nodeId, leaseMs)),
    endLease: (nodeId) => pass(() => store.endLease(nodeId)),
    subscribe: (listener) =>
      store.subscribe(() => {
        if (!view.severed) listener();
      }),
    close: () => store.close(),
  };
  return view;
}

import { serveThread } from '../../src/workers/serve-thread.ts';

/** A thread for tests of supervision: answers, crashes, hangs or refuses to start as it is told. */
export type EchoRequest =
  | { readonly type: 'echo'; readonly value: string }
  | { readonly type: 'crash' }
  /** Blocks the thread's event loop, as a native decode does. */
  | { readonly type: 'hang'; readonly hangMs: number };
export interface EchoReply {
  readonly value: string;
}
export interface EchoData {
  readonly start: 'at-once' | 'refuses' | 'never' | 'exits';
}

serveThread<EchoRequest, EchoReply>(async (data, reply) => {
  const { start } = data as EchoData;
  if (start === 'refuses') throw new Error('the model file is missing');
  if (start === 'exits') process.exit(3);
  if (start === 'never') await new Promise(() => undefined);
  return {
    handle(request) {
      switch (request.type) {
        case 'echo':
          reply({ value: request.value });
          return;
        case 'crash':
          setImmediate(() => {
            throw new Error('told to crash');
          });
          return;
        case 'hang':
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, request.hangMs);
      }
    },
  };
});

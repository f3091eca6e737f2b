// Loaded into a Kefu that is measured (`node --expose-gc --import probe.js`). Asked over the channel to its parent, it frees what
// nobody needs any more and tells what is left: only a process itself can do that.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

const count = (names) =>
  Object.fromEntries(
    [...new Set(names)].map((name) => [name, names.filter((other) => other === name).length]),
  );

process.on('message', async (message) => {
  if (message?.type !== 'inspect') return;
  // Finalisers run between two collections and free more.
  globalThis.gc?.();
  await sleep(50);
  globalThis.gc?.();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  process.send({
    type: 'inspected',
    request: message.request,
    heapMb: heapUsed / 1e6,
    externalMb: external / 1e6,
    arrayBuffersMb: arrayBuffers / 1e6,
    resources: count(process.getActiveResourcesInfo()),
  });
});
// The channel must not keep a process alive that has ended everything else.
process.channel?.unref();

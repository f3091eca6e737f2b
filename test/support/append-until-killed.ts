import { systemClock } from '../../src/core/clock.ts';
import { createCallStore } from '../../src/store/calls.ts';
import { openDatabase } from '../../src/store/database.ts';
import { callStarted, noted } from './call-events.ts';
import { createCapturedLog } from './captured-log.ts';

// A process to be killed: appends events of one call as fast as they come and prints the number of each that is acknowledged.
// Arguments: the call's id, the database's folder, and the address of a server ('' for the embedded one).
const [callId = '', directory = '', url = ''] = process.argv.slice(2);
const database = await openDatabase({ url: url === '' ? undefined : url, directory });
const store = createCallStore(database, { clock: systemClock, log: createCapturedLog() });
console.log('open');
for (let seq = 1; ; seq += 1) {
  const body = seq === 1 ? callStarted() : noted({ seq, filling: 'x'.repeat(seq % 400) });
  const written = store
    .append({ callId, seq, atEpochMs: Date.now(), body })
    .then(() => process.stdout.write(`${seq}\n`));
  // Some go out together, some alone.
  if (seq % 7 === 0) await written;
}

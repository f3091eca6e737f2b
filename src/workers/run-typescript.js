// Runs a TypeScript entry in a worker thread: `new Worker(thisFile, { argv: [entryUrl] })`. On Node 20 a worker does not take over
// the loader of its parent, and `--import tsx` registers it on the main thread only, so the thread registers it by itself.
import { argv } from 'node:process';
import { register } from 'tsx/esm/api';

register();
await import(argv[2]);

import { startPiper } from './piper.ts';
import { serveThread } from './serve-thread.ts';

serveThread(startPiper);

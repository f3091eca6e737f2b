import { readFileSync, writeFileSync } from 'node:fs';
import { startPiper, type RenderReply, type RenderRequest } from '../../src/workers/piper.ts';
import { serveThread } from '../../src/workers/serve-thread.ts';

/**
 * The real voice in a thread that dies in the middle of a sentence as often as the file named in `?crashes=` says. The file
 * counts down, so that a restarted thread knows.
 */
const counter = new URL(import.meta.url).searchParams.get('crashes') ?? '';

serveThread<RenderRequest, RenderReply>((data, reply) => {
  const voice = startPiper(data, reply);
  return {
    handle(request) {
      const left = Number(readFileSync(counter, 'utf8'));
      if (left === 0) return voice.handle(request);
      writeFileSync(counter, String(left - 1));
      throw new Error('told to crash');
    },
  };
});

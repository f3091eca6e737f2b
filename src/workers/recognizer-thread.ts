import { Moonshine } from './moonshine.ts';
import { StreamingReader } from './online-recognizer.ts';
import type { Reading, RecognizerReply, RecognizerRequest } from './recognizer-messages.ts';
import { recognitionRateHz, type RecognizerFiles } from './recognizer-model.ts';
import { serveThread } from './serve-thread.ts';

/** One recognition model on one thread. Decoding is synchronous: the thread has nothing else to do, and jobs come one at a time. */
interface Reader {
  read?(samples: Int16Array): Reading;
  feed?(turn: number, samples: Int16Array, final: boolean): Reading;
  forget?(turn: number): void;
}

serveThread<RecognizerRequest, RecognizerReply>((data, reply) => {
  const files = data as RecognizerFiles;
  const reader: Reader = files.family === 'moonshine' ? new Moonshine(files) : new StreamingReader(files);
  // The first run of a model is the slowest; nobody should wait for it.
  reader.read?.(new Int16Array(recognitionRateHz));
  reader.feed?.(-1, new Int16Array(recognitionRateHz), true);
  reader.forget?.(-1);

  const run = (job: number, read: () => Reading | undefined): void => {
    const startedMs = performance.now();
    try {
      const reading = read();
      if (reading === undefined) throw new Error(`a ${files.family} model was asked for what it cannot do`);
      reply({ job, ok: true, reading, decodeMs: performance.now() - startedMs });
    } catch (thrown) {
      reply({ job, ok: false, message: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  };

  return {
    handle(request) {
      switch (request.type) {
        case 'read':
          run(request.job, () => reader.read?.(request.samples));
          return;
        case 'feed':
          run(request.job, () => reader.feed?.(request.turn, request.samples, request.final));
          return;
        case 'forget':
          reader.forget?.(request.turn);
      }
    },
  };
});

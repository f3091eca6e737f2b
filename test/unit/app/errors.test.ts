import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { answerError } from '../../../src/app/routes/errors.ts';
import { KefuError } from '../../../src/core/errors.ts';
import { createCapturedLog } from '../../support/captured-log.ts';

/** What a client gets, and what an operator reads, when a route throws. */
async function answerTo(thrown: unknown) {
  const log = createCapturedLog();
  const app = fastify({ bodyLimit: 100 });
  app.setErrorHandler(answerError(log));
  app.post('/api/:id', () => {
    throw thrown;
  });
  const ask = (payload: string) =>
    app.inject({
      method: 'POST',
      url: '/api/call_1?token=secret',
      payload,
      headers: { 'content-type': 'application/json' },
    });
  const [answer, tooLarge] = [await ask('{}'), await ask(`"${'x'.repeat(200)}"`)];
  await app.close();
  return { answer, tooLarge, lines: log.lines };
}

describe('an error of a route', () => {
  it('that is the client’s is told to the client and not logged', async () => {
    const { answer, tooLarge, lines } = await answerTo(new KefuError('not_found', 'There is no call x.'));
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toEqual({ error: 'There is no call x.', code: 'not_found' });
    expect(tooLarge.statusCode).toBe(413);
    expect(lines).toEqual([]);
  });

  it.each([
    ['a failure of ours', new KefuError('store_unavailable', 'no connection to db.internal:5432')],
    ['a defect', new TypeError('x is not a function')],
  ])(
    'that is %s is logged with its place, and the client learns nothing of the inside',
    async (_what, error) => {
      const { answer, lines } = await answerTo(error);
      expect(answer.statusCode).toBe(500);
      expect(answer.body).not.toContain(error.message);
      expect(lines).toMatchObject([
        {
          level: 'error',
          message: 'a request failed',
          fields: { err: error, method: 'POST', path: '/api/call_1' },
        },
      ]);
    },
  );
});

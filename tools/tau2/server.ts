import { fastify, type FastifyInstance } from 'fastify';
import { problem } from '../../src/commerce/problems.ts';
import { problemResponse } from '../../src/commerce/demo-shop/demo-shop.ts';
import type { Tau2Shop } from './shop.ts';

/**
 * The shop as a web server, ready to `listen`. Besides the interface it has, for tools only, `GET /state` (the data as it is now, in
 * tau2's form) and `POST /reset` (forget every change); both need the token too.
 */
export function createTau2Server(options: {
  readonly shop: Tau2Shop;
  readonly token: string;
}): FastifyInstance {
  const { shop, token } = options;
  const app = fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.authorization === `Bearer ${token}`) return;
    const { status, contentType, body } = problemResponse(
      problem('unauthorized', 'the bearer token is missing or wrong'),
    );
    await reply.code(status).header('content-type', contentType).send(body);
  });
  app.get('/state', () => shop.state);
  app.post('/reset', (_request, reply) => {
    shop.reset();
    return reply.code(204).send();
  });
  app.all('/v1/*', (request, reply) => {
    const key = request.headers['idempotency-key'];
    const answer = shop.handle({
      method: request.method,
      target: request.raw.url ?? '',
      idempotencyKey: typeof key === 'string' ? key : undefined,
      body: typeof request.body === 'string' ? request.body : undefined,
    });
    return reply.code(answer.status).header('content-type', answer.contentType).send(answer.body);
  });
  return app;
}

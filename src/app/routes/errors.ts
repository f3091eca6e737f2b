import type { FastifyReply, FastifyRequest } from 'fastify';
import { KefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { pathOf } from '../../telephony/gateway.ts';

/** Answers what a route throws: the client's mistakes with what they are, ours with 500 and a line in the log. */
export function answerError(log: Logger) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const status = statusOf(error);
    if (status < 500) {
      await reply.code(status).send({ error: error instanceof Error ? error.message : String(error) });
      return;
    }
    log.error({ err: error, method: request.method, path: pathOf(request.raw) }, 'a request failed');
    await reply.code(status).send({ error: 'Kefu could not do this; its log says why.' });
  };
}

/** Fastify's own errors know their status, such as 413 for a body that is too large. */
function statusOf(error: unknown): number {
  if (error instanceof KefuError && error.code === 'not_found') return 404;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

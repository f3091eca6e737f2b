import type { FastifyReply, FastifyRequest } from 'fastify';
import { KefuError, type ErrorCode } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import { LockedOut } from '../../people/lock-out.ts';
import { pathOf } from '../../telephony/gateway.ts';

/** Answers what a route throws: the client's mistakes with what they are, ours with 500 and a line in the log. */
export function answerError(log: Logger) {
  return async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const status = statusOf(error);
    if (status < 500) {
      // RFC 9110 section 10.2.3.
      if (error instanceof LockedOut) void reply.header('retry-after', String(error.seconds));
      await reply.code(status).send({
        error: error instanceof Error ? error.message : String(error),
        ...(error instanceof KefuError && { code: error.code }),
      });
      return;
    }
    log.error({ err: error, method: request.method, path: pathOf(request.raw) }, 'a request failed');
    await reply.code(status).send({ error: 'Kefu could not do this; its log says why.' });
  };
}

/** Codes of what a client can mend. */
const statuses: Partial<Record<ErrorCode, number>> = {
  not_found: 404,
  already_set_up: 409,
  login_taken: 409,
  message_busy: 409,
  last_administrator: 409,
  code_needed: 409,
  password_short: 422,
  password_long: 422,
  password_common: 422,
  password_same: 422,
  password_wrong: 422,
  code_wrong: 422,
  locked_out: 429,
  overloaded: 429,
  config_invalid: 422,
};

/** Fastify's own errors know their status, such as 413 for a body that is too large. */
function statusOf(error: unknown): number {
  const known = error instanceof KefuError ? statuses[error.code] : undefined;
  if (known !== undefined) return known;
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}

import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import { isDirectLocal, type PeerRequest } from '../../telephony/peers.ts';

const digest = (text: string) => createHash('sha256').update(text).digest();

/** True when a request carries the API token; never without a configured token. */
export function hasApiToken(request: PeerRequest, apiToken: string | undefined): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return apiToken !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(apiToken));
}

/**
 * Lets programs and pages of this machine in, and others only with the API token: what it guards holds callers' words. A page of
 * another site that is open in a browser on this machine counts as another machine.
 */
export function guardApi(apiToken: string | undefined): preHandlerAsyncHookHandler {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { origin, host } = request.headers;
    const ownPage = origin === undefined || origin === `http://${host ?? ''}`;
    if (ownPage && isDirectLocal(request)) return;
    if (hasApiToken(request, apiToken)) return;
    const message =
      apiToken === undefined
        ? 'Only this machine is served. Set KEFU_API_TOKEN to allow access with a token.'
        : 'Send the API token: Authorization: Bearer TOKEN.';
    await reply.code(apiToken === undefined ? 403 : 401).send({ error: message });
  };
}

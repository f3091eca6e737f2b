import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import type { z } from 'zod';
import type { Clock } from '../../core/clock.ts';
import type { HandoffRouter } from '../../core/handoff.ts';
import type { Logger } from '../../core/log.ts';
import type { DeskSwitchboard } from '../../handoff/board.ts';
import {
  guestAnswerSchema,
  guestRequestSchema,
  type LinkEnd,
  type LinkWire,
} from '../../handoff/node-messages.ts';
import {
  closeCodes,
  Connection,
  defaultSocketLimits,
  type ConnectionHandler,
  type SocketLimits,
} from '../../telephony/connection.ts';
import type { WebSocketGateway } from '../../telephony/gateway.ts';
import { parseJson, problemOf } from '../../telephony/json.ts';
import { SocketServer } from '../../telephony/socket-server.ts';

const path = '/nodes/link';
/** How often new nodes are looked for, and lost ones tried again. */
const dialEveryMs = 1_000;
const handshakeMs = 2_000;
/** Proofs are as good as new for so long; clocks of nodes are kept together for the queue already. */
const proofMs = 60_000;
const limits: SocketLimits = {
  ...defaultSocketLimits,
  // A card brings a whole transcript along.
  maxPayloadBytes: 8 * 1024 * 1024,
  // Nobody hears anything of the other side when a link is silent for two of these: the caller is told within 3 s.
  pingEveryMs: 1_000,
  // 1 s of the sound of a hundred conversations.
  maxBufferedBytes: 4 * 1024 * 1024,
};

/** How this node is linked with others. */
export interface NodeSettings {
  /** Where other nodes reach this one, such as `http://10.0.0.5:8080`. */
  readonly url: string;
  /** The same on all nodes. */
  readonly secret: string;
}

/** A new name for this process. The lease that the queue keeps under it is how others learn the address. */
export function newNodeId(settings: Pick<NodeSettings, 'url'> | undefined): string {
  const name = `node_${randomUUID()}`;
  return settings ? `${name} ${settings.url}` : name;
}

export interface NodeLinksOptions {
  readonly settings: NodeSettings;
  readonly router: Pick<HandoffRouter, 'nodeId' | 'nodes'>;
  readonly switchboard: Pick<DeskSwitchboard, 'link' | 'serve'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Links to all other nodes, each opened by the node whose desks use it; what is said on them stands in handoff/node-messages.ts. */
export function createNodeLinks(options: NodeLinksOptions): WebSocketGateway {
  const { settings, router, switchboard, clock } = options;
  const log = options.log.child({ part: 'nodes' });
  const links = new Map<string, Connection>();
  /** Nodes that could not be reached, which is said once. */
  const failing = new Set<string>();
  let cancelDialling: () => void = () => undefined;
  let closed = false;

  const server = new SocketServer({
    limits,
    clock,
    log,
    authenticated: true,
    admit: (request) =>
      isProved(request, settings.secret, router.nodeId, clock.epochMs())
        ? undefined
        : {
            status: 401,
            message: 'Set the same KEFU_NODE_SECRET on all nodes, and keep their clocks together.',
          },
    connected(connection) {
      connection.started();
      return handlerOf(connection, guestRequestSchema, switchboard.serve(wireOf(connection)), () => {
        log.info({}, 'the link from another node is gone');
      });
    },
  });

  function dial(nodeId: string, url: string): void {
    const epochMs = String(clock.epochMs());
    const socket = new WebSocket(`${url.replace(/^http/, 'ws')}${path}`, {
      headers: { authorization: `Bearer ${epochMs}.${proofOf(settings.secret, nodeId, epochMs)}` },
      handshakeTimeout: handshakeMs,
      perMessageDeflate: false,
      maxPayload: limits.maxPayloadBytes,
    });
    const connection = new Connection(socket, { limits, clock, log, whenStarted: () => undefined });
    links.set(nodeId, connection);
    let end: ConnectionHandler | undefined;
    socket.once('open', () => {
      connection.started();
      failing.delete(nodeId);
      log.info({ node: nodeId }, 'this node is linked with another');
      end = handlerOf(connection, guestAnswerSchema, switchboard.link(nodeId, wireOf(connection)));
    });
    connection.listen({
      text: (text) => end?.text(text),
      binary: (payload) => end?.binary(payload),
      gone(how) {
        links.delete(nodeId);
        end?.gone(how);
        if (closed || failing.has(nodeId)) return;
        failing.add(nodeId);
        log.warn({ node: nodeId, why: how.detail }, 'there is no link to another node; it is tried again');
      },
    });
  }

  function dialAll(): void {
    const nodes = router.nodes();
    for (const nodeId of nodes) {
      const url = nodeId.split(' ')[1];
      if (url !== undefined && nodeId !== router.nodeId && !links.has(nodeId)) dial(nodeId, url);
    }
    for (const nodeId of failing) if (!nodes.includes(nodeId)) failing.delete(nodeId);
    cancelDialling = clock.setTimer(dialAll, dialEveryMs);
  }

  return {
    name: 'nodes',
    path,
    start() {
      server.open();
      dialAll();
    },
    handleUpgrade(request, socket, head) {
      server.handleUpgrade(request, socket, head);
    },
    async close() {
      closed = true;
      cancelDialling();
      const open = [...links.values()];
      await Promise.all([
        server.close(),
        ...open.map((link) => link.close(closeCodes.goingAway, 'Kefu is closing')),
      ]);
    },
  };
}

/** Good for one node and a moment, so that whoever reads along cannot use it elsewhere or later. */
function proofOf(secret: string, toNodeId: string, epochMs: string): string {
  return createHmac('sha256', secret).update(`kefu link ${toNodeId} ${epochMs}`).digest('hex');
}

function isProved({ headers }: IncomingMessage, secret: string, nodeId: string, nowEpochMs: number): boolean {
  const [, epochMs = '', proof = ''] =
    /^Bearer (\d{1,15})\.([0-9a-f]{64})$/.exec(headers.authorization ?? '') ?? [];
  if (proof === '' || Math.abs(nowEpochMs - Number(epochMs)) > proofMs) return false;
  return timingSafeEqual(Buffer.from(proof), Buffer.from(proofOf(secret, nodeId, epochMs)));
}

function wireOf<Message>(connection: Connection): LinkWire<Message> {
  return {
    send(message) {
      connection.send(JSON.stringify(message));
    },
    sound(personId, samples) {
      const id = Buffer.from(personId);
      const sound = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
      connection.send(Buffer.concat([Buffer.from([id.length]), id, sound]));
    },
  };
}

function handlerOf<Message>(
  connection: Connection,
  schema: z.ZodType<Message>,
  end: LinkEnd<Message>,
  whenGone: () => void = () => undefined,
): ConnectionHandler {
  // Nodes of different versions may not understand each other: no link then, rather than half of one.
  const refuse = (why: string) => void connection.close(closeCodes.policyViolation, why);
  return {
    text(text) {
      const json = parseJson(text);
      const message = schema.safeParse(json.ok ? json.value : undefined);
      if (message.success) end.message(message.data);
      else refuse(json.ok ? problemOf(message.error) : 'a text message is not JSON');
    },
    binary(payload) {
      const at = 1 + (payload[0] ?? 0);
      if (at === 1 || payload.length < at || (payload.length - at) % 2 !== 0) {
        refuse('a packet of sound is broken');
        return;
      }
      // Copied, so that samples are aligned.
      const samples = new Int16Array(Uint8Array.from(payload.subarray(at)).buffer);
      end.sound(Buffer.from(payload.subarray(1, at)).toString('utf8'), samples);
    },
    gone() {
      end.gone();
      whenGone();
    },
  };
}

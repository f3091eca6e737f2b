import type { IncomingMessage } from 'node:http';
import { systemClock, type Clock } from '../../core/clock.ts';
import { deskAudio, deskRequestSchema } from '../../core/desk.ts';
import { toKefuError } from '../../core/errors.ts';
import type { Logger } from '../../core/log.ts';
import type { DeskPerson, DeskWire } from '../../handoff/desks.ts';
import type { DeskSwitchboard } from '../../handoff/board.ts';
import {
  closeCodes,
  defaultSocketLimits,
  type Connection,
  type ConnectionHandler,
} from '../../telephony/connection.ts';
import { refuseUpgrade, type WebSocketGateway } from '../../telephony/gateway.ts';
import { parseJson, problemOf } from '../../telephony/json.ts';
import { SocketServer } from '../../telephony/socket-server.ts';

/** A desk that shows no sign of life for two of these is lost: its caller must not sit in silence. */
const pingEveryMs = 1_000;
/** Desks do not hold back sound for longer than this: what is older would only be heard late. */
const mostBufferedBytes = 64 * 1024;

export interface DeskSocketOptions {
  readonly switchboard: DeskSwitchboard;
  /** Who opens this socket; undefined for nobody who may sit at a desk. */
  readonly authenticate: (request: IncomingMessage) => Promise<DeskPerson | undefined>;
  readonly clock?: Clock | undefined;
  readonly log: Logger;
}

/** The WebSockets of agents' and supervisors' desks (`/desk/socket`); what is said on them stands in core/desk.ts. */
export function createDeskSocket(options: DeskSocketOptions): WebSocketGateway {
  const { switchboard, authenticate } = options;
  const clock = options.clock ?? systemClock;
  const log = options.log.child({ part: 'desk' });
  const people = new WeakMap<IncomingMessage, DeskPerson>();

  function connected(connection: Connection, request: IncomingMessage): ConnectionHandler {
    const person = people.get(request);
    if (!person) throw new TypeError('a desk was connected before anybody was recognised');
    connection.started();
    const wire = wireOf(connection);
    const line = switchboard.connect(person, wire);
    log.info({ personId: person.id }, 'a desk is connected');
    return {
      text(text) {
        const json = parseJson(text);
        const request = deskRequestSchema.safeParse(json.ok ? json.value : undefined);
        if (request.success) line.request(request.data);
        else {
          const message = json.ok ? problemOf(request.error) : 'a text message is not JSON';
          wire.send({ type: 'problem', code: 'protocol_violation', message });
        }
      },
      binary(payload) {
        if (payload.byteLength === deskAudio.packetBytes) line.sound(samplesOf(payload));
        else {
          const message = `a packet of ${String(payload.byteLength)} bytes; 20 ms are ${String(deskAudio.packetBytes)}`;
          wire.send({ type: 'problem', code: 'protocol_violation', message });
        }
      },
      gone(end) {
        log.info({ personId: person.id, how: end.how, detail: end.detail }, 'a desk is gone');
        line.gone();
      },
    };
  }

  const server = new SocketServer({
    limits: { ...defaultSocketLimits, pingEveryMs, maxBufferedBytes: mostBufferedBytes },
    clock,
    log,
    admit: (request) =>
      people.has(request) ? undefined : { status: 401, message: 'Log in before you open a desk.' },
    authenticated: true,
    connected,
  });

  return {
    name: 'desk',
    path: '/desk/socket',
    start() {
      server.open();
    },
    handleUpgrade(request, socket, head) {
      authenticate(request).then(
        (person) => {
          if (person) people.set(request, person);
          server.handleUpgrade(request, socket, head);
        },
        (error: unknown) => {
          log.error({ err: toKefuError(error) }, 'nobody could be recognised at a desk');
          refuseUpgrade(socket, { status: 503, message: 'Nobody can be recognised now; try again soon.' });
        },
      );
    },
    close() {
      switchboard.close();
      return server.close();
    },
  };
}

function wireOf(connection: Connection): DeskWire {
  const packetSamples = deskAudio.packetBytes / 2;
  let rest = new Int16Array(0);
  return {
    send(message) {
      connection.send(JSON.stringify(message));
    },
    sound(samples) {
      const all = new Int16Array(rest.length + samples.length);
      all.set(rest);
      all.set(samples, rest.length);
      let at = 0;
      for (; at + packetSamples <= all.length; at += packetSamples)
        connection.send(bytesOf(all.subarray(at, at + packetSamples)));
      rest = all.slice(at);
    },
    close(why) {
      void connection.close(closeCodes.normal, why);
    },
  };
}

/** Little-endian on the wire, as on every machine that Kefu runs on; copied, so that samples are aligned. */
function samplesOf(payload: Uint8Array): Int16Array {
  return new Int16Array(Uint8Array.from(payload).buffer);
}

function bytesOf(samples: Int16Array): Uint8Array {
  return Uint8Array.from(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength));
}

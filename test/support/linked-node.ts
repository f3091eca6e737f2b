import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createNodeLinks, newNodeId } from '../../src/app/desk/links.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { CallEventBody } from '../../src/core/events.ts';
import { createHandoffRouter } from '../../src/handoff/router.ts';
import { toRoutingRules } from '../../src/handoff/rules.ts';
import { createSwitchboard } from '../../src/handoff/switchboard.ts';
import { busyTone, ringingTone } from '../../src/media/tones.ts';
import { createEventBus } from '../../src/observe/bus.ts';
import { createRedisQueueStore } from '../../src/store/redis-handoff.ts';
import { attachUpgrades } from '../../src/telephony/gateway.ts';
import { createCapturedLog } from './captured-log.ts';
import { briefingOf, deskPersonOf, fakeWire, FakePeopleCall } from './people-call.ts';

/**
 * The part of a Kefu that joins callers and desks, linked with others over real sockets. `urlOf` says where others reach it, should
 * that not be its own port.
 */
export async function openLinkedNode(options: {
  readonly redisUrl: string;
  readonly prefix: string;
  readonly secret: string;
  readonly urlOf?: (port: number) => Promise<string>;
}) {
  const log = createCapturedLog();
  const clock = systemClock;
  const server = createServer();
  const port = await listen(server);
  const url = (await options.urlOf?.(port)) ?? `http://127.0.0.1:${String(port)}`;
  const store = await createRedisQueueStore({ url: options.redisUrl, prefix: options.prefix, log });
  const rules = toRoutingRules({ afterCallSeconds: 0, declinePauseSeconds: 0 });
  const router = await createHandoffRouter({
    store,
    clock,
    log,
    rules: () => rules,
    nodeId: newNodeId({ url }),
  });
  const bus = createEventBus(log);
  const board = createSwitchboard({
    router,
    bus,
    clock,
    log,
    hasPeople: () => true,
    nameOf: (id) => id.toUpperCase(),
    queues: () => ['general'],
    ringMs: () => rules.ringMs,
    flows: () => [],
    wrapUpCodes: () => [],
    keepNote: () => Promise.resolve(),
    audit: () => undefined,
    callbacks: {
      store: {
        keep: () => Promise.resolve(),
        get: () => Promise.resolve(undefined),
        remove: () => Promise.resolve(),
      },
      events: () => Promise.resolve([]),
      tones: { ringing: ringingTone(16_000), busy: busyTone(16_000) },
      rules: () => rules,
    },
  });
  const links = createNodeLinks({
    settings: { url, secret: options.secret },
    router,
    switchboard: board,
    clock,
    log,
  });
  const detach = attachUpgrades(server, [links], log);
  links.start(() => undefined);

  let seq = 0;
  const publish = (callId: string, body: CallEventBody) => {
    seq += 1;
    bus.publish('call-event', { callId, seq, atEpochMs: clock.epochMs(), body });
  };
  return {
    router,
    board,
    log,
    port,
    /** A caller who wants a person. */
    caller(callId: string) {
      const call = new FakePeopleCall(callId);
      publish(callId, {
        type: 'call-started',
        gateway: 'fake',
        gatewayCallId: callId,
        channel: 'voice',
        from: '+15550001111',
        to: '',
        language: 'en',
        resumed: false,
        flowsVersion: '1',
      });
      const place = board.register(call, 'en');
      const contact = { queue: 'general', reason: 'angry', anger: 0.9, value: 0, language: 'en' } as const;
      place.request({ briefing: briefingOf(callId), contact: { ...contact, skills: [] } });
      return { call, place };
    },
    /** An agent who is available. */
    agent(id: string) {
      const wire = fakeWire();
      const line = board.connect(deskPersonOf(id), wire);
      line.request({ type: 'hello', language: 'en' });
      line.request({ type: 'choose', choice: { state: 'available' } });
      return { wire, line };
    },
    async close() {
      detach();
      await links.close();
      board.close();
      await router.close();
      await store.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

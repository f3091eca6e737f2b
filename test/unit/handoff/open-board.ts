import type { Callback } from '../../../src/core/callbacks.ts';
import type { CallPlace } from '../../../src/core/conversation.ts';
import type { DeskRequest } from '../../../src/core/desk.ts';
import type { CallEvent, CallEventBody } from '../../../src/core/events.ts';
import type { CallbackParts } from '../../../src/handoff/callbacks.ts';
import type { DeskPerson } from '../../../src/handoff/desks.ts';
import type { DeskDeed } from '../../../src/handoff/board.ts';
import { createSwitchboard } from '../../../src/handoff/switchboard.ts';
import type { Telephones } from '../../../src/handoff/phones.ts';
import { createEventBus } from '../../../src/observe/bus.ts';
import { briefingOf, deskPersonOf, fakeWire, FakePeopleCall } from '../../support/people-call.ts';
import { openCallCentre, settle, type CallCentre } from './call-centre.ts';

export const supervisor = deskPersonOf('sue', { role: 'supervisor', supervises: true });

/** Two packets each, told apart by their samples. */
export const progressTones = { ringing: new Int16Array(640).fill(1), busy: new Int16Array(640).fill(2) };

export async function openBoard(
  telephones?: Telephones,
  options: {
    readonly dial?: CallbackParts['dial'];
    readonly callerFirst?: boolean;
    /** Of which this shall be another node. */
    readonly centre?: CallCentre;
    readonly nodeId?: string;
  } = {},
) {
  const centre = options.centre ?? (await openCallCentre({ queues: { general: {}, returns: {} } }));
  const { clock, log } = centre;
  const { router, store } = await centre.node(options.nodeId ?? 'n1');
  const bus = createEventBus(log);
  const deeds: DeskDeed[] = [];
  const kept: string[] = [];
  const promised = new Map<string, Callback>();
  const events: CallEvent[] = [];
  const board = createSwitchboard({
    router,
    bus,
    clock,
    log,
    hasPeople: () => true,
    nameOf: (id) => id.toUpperCase(),
    queues: () => ['general', 'returns'],
    ringMs: () => 20_000,
    flows: () => [{ name: 'survey', about: 'Asks how it was.' }],
    wrapUpCodes: () => ['solved'],
    keepNote: (callId, name) => {
      kept.push(`${callId} ${name}`);
      return Promise.resolve();
    },
    audit: (deed) => deeds.push(deed),
    telephones,
    callbacks: {
      store: {
        keep: (callback) => Promise.resolve(void promised.set(callback.callId, callback)),
        get: (callId) => Promise.resolve(promised.get(callId)),
        remove: (callId) => Promise.resolve(void promised.delete(callId)),
      },
      events: (callId) => Promise.resolve(events.filter((event) => event.callId === callId)),
      dial: options.dial,
      tones: progressTones,
      rules: () => ({
        callbacks: options.callerFirst === true ? 'caller-first' : 'agent-first',
        callbackTries: 2,
        callbackPauseMs: 60_000,
      }),
    },
  });
  let seq = 0;
  const publish = (callId: string, body: CallEventBody) => {
    seq += 1;
    const event = { callId, seq, atEpochMs: clock.epochMs(), body };
    events.push(event);
    bus.publish('call-event', event);
  };
  const begin = (callId: string, channel: 'voice' | 'text' = 'voice') => {
    const call = new FakePeopleCall(callId, channel);
    publish(callId, {
      type: 'call-started',
      gateway: 'fake',
      gatewayCallId: callId,
      channel,
      from: '+15550001111',
      to: '',
      language: 'en',
      resumed: false,
      flowsVersion: '1',
    });
    const place = board.register(call, 'en');
    return { call, place };
  };
  const ask = async ({ callId }: FakePeopleCall, place: CallPlace, queue = 'general') => {
    const contact = { queue, reason: 'angry', anger: 0.9, value: 0, language: 'en', skills: [] } as const;
    place.request({ briefing: briefingOf(callId), contact: { ...contact, skills: [] } });
    await settle();
  };
  const connect = async (person: DeskPerson, available = true) => {
    const wire = fakeWire();
    const line = board.connect(person, wire);
    const request = async (message: DeskRequest) => {
      line.request(message);
      await settle();
    };
    await request({ type: 'hello', language: 'en' });
    if (available) await request({ type: 'choose', choice: { state: 'available' } });
    return { wire, line, request };
  };
  return { promised, board, router, store, centre, clock, log, deeds, kept, publish, begin, ask, connect };
}

/** A caller who speaks with Anna. */
export async function talking() {
  const opened = await openBoard();
  const { call, place } = opened.begin('c1');
  const anna = await opened.connect(deskPersonOf('anna'));
  await opened.ask(call, place);
  await anna.request({ type: 'accept', entryId: 'c1' });
  return { ...opened, call, place, anna };
}

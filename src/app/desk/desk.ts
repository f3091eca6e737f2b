import type { AuditLog } from '../../core/audit.ts';
import type { Clock } from '../../core/clock.ts';
import { deskAudio } from '../../core/desk.ts';
import { toKefuError } from '../../core/errors.ts';
import type { EventBus } from '../../core/events.ts';
import type { Figures } from '../../core/figures.ts';
import type { Logger } from '../../core/log.ts';
import type { CallStore, RecordingStore } from '../../core/store.ts';
import type { FlowPack } from '../../dialog/flow-pack.ts';
import type { DeskSwitchboard } from '../../handoff/board.ts';
import { createFigures } from '../../handoff/figures.ts';
import type { CallbackParts } from '../../handoff/callbacks.ts';
import type { Telephones } from '../../handoff/phones.ts';
import { createSwitchboard } from '../../handoff/switchboard.ts';
import { busyTone, ringingTone } from '../../media/tones.ts';
import type { People } from '../../people/people.ts';
import type { Sessions } from '../../people/sessions.ts';
import { createCallbackStore } from '../../store/callbacks.ts';
import type { Database } from '../../store/database.ts';
import { createFigureStore } from '../../store/figures.ts';
import type { WebSocketGateway } from '../../telephony/gateway.ts';
import type { Access } from '../access.ts';
import type { Config } from '../config.ts';
import { createDeskMessages, type DeskMessages } from './messages.ts';
import { startHandoff } from './handoff.ts';
import { createNodeLinks } from './links.ts';
import { createDeskSocket } from './socket.ts';
import { startStaff } from './staff.ts';

/** The side of live agents: queue, switchboard, desks, figures. */
export interface DeskSide {
  readonly switchboard: DeskSwitchboard;
  readonly figures: Figures;
  /** Messages that wait for somebody. */
  readonly messages: DeskMessages;
  /** Desks, and where there are several nodes, their links. */
  readonly sockets: readonly WebSocketGateway[];
  /** Idempotent. */
  close(): Promise<void>;
}

/** What agents may write down about a contact when it is over. */
const wrapUpCodes = ['solved', 'follow-up', 'passed-on', 'no-answer', 'wrong-number', 'other'];

export async function startDesk(
  config: Pick<Config, 'queuesFile' | 'redisUrl' | 'node'>,
  parts: {
    readonly database: Database;
    readonly bus: EventBus;
    readonly clock: Clock;
    readonly log: Logger;
    readonly store: CallStore;
    readonly voicemails: RecordingStore;
    readonly access: Access;
    readonly audit: AuditLog;
    readonly people: Pick<People, 'list'>;
    readonly sessions: Pick<Sessions, 'onEnded'>;
    readonly timeZone: string;
    /** The flows that new calls begin with. */
    readonly flows: () => FlowPack;
    /** Undefined where Kefu cannot dial. */
    readonly telephones: Telephones | undefined;
    readonly callBack: CallbackParts['dial'];
  },
): Promise<DeskSide> {
  const { database, bus, clock, log, store, access, audit, people, timeZone } = parts;
  const staff = await startStaff({ people, access, sessions: parts.sessions, clock, log });
  const nameOf = (id: string): string => staff.nameOf(id);
  const handoff = await startHandoff({ ...config, staff: () => staff.serving, database, clock, log });
  const { router, rules } = handoff;
  const figures = createFigures({
    router,
    bus,
    store: createFigureStore(database),
    clock,
    log,
    timeZone,
    names: nameOf,
    serviceLevelMs: () => rules.serviceLevelMs,
  });
  const callbacks = createCallbackStore(database, log);
  const keepNote = async (
    callId: string,
    name: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> => {
    // The record of a call that is over has no other writer any more.
    const seq = ((await store.events(callId, 0)).at(-1)?.seq ?? 0) + 1;
    await store.append({ callId, seq, atEpochMs: clock.epochMs(), body: { type: 'note', name, data } });
  };
  const switchboard = createSwitchboard({
    router,
    bus,
    clock,
    log,
    hasPeople: () => staff.hasPeople,
    nameOf,
    queues: () => Object.keys(rules.queues),
    ringMs: () => rules.ringMs,
    flows: () => flowsForCallers(parts.flows()),
    wrapUpCodes: () => wrapUpCodes,
    telephones: parts.telephones,
    callbacks: {
      store: callbacks,
      events: (callId) => store.events(callId, 0),
      dial: parts.callBack,
      tones: { ringing: ringingTone(deskAudio.sampleRateHz), busy: busyTone(deskAudio.sampleRateHz) },
      rules: () => rules,
    },
    keepNote,
    audit({ person, action, callId, details }) {
      const actor = { personId: person.id, name: person.name, address: null };
      const place = callId === null ? 'desk' : 'call';
      audit
        .record({ actor, action: `${place}.${action}`, subject: callId, details })
        .catch((error: unknown) => {
          log.error(
            { err: toKefuError(error), action, callId },
            'a deed could not be written to the audit log',
          );
        });
    },
  });
  staff.onDismissed((personId) =>
    switchboard.dismiss(personId, 'Log in again: what you may do has changed.'),
  );
  staff.onProfileChanged((profile) => switchboard.profileChanged(profile));
  let closing: Promise<void> | undefined;
  return {
    switchboard,
    figures,
    messages: createDeskMessages({
      ...{ router, callbacks, store, nameOf, keepNote, clock },
      voicemails: parts.voicemails,
    }),
    sockets: [
      createDeskSocket({
        switchboard,
        authenticate: (request) => staff.deskPersonOf(request),
        clock,
        log,
      }),
      ...(config.node ? [createNodeLinks({ settings: config.node, router, switchboard, clock, log })] : []),
    ],
    close: () =>
      (closing ??= (async () => {
        switchboard.close();
        staff.close();
        await handoff.close();
        await figures.close();
      })()),
  };
}

/** Flows that a caller may be sent to: what callers can ask for, and the survey where there is one. */
function flowsForCallers({ routing, flows }: FlowPack): { readonly name: string; readonly about: string }[] {
  const asked = Object.values(routing.intents).flatMap((target) => ('flow' in target ? [target.flow] : []));
  return [...new Set([...asked, 'survey'])].flatMap((name) => {
    const flow = flows.get(name);
    return flow ? [{ name, about: flow.about }] : [];
  });
}

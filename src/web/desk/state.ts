import type {
  CallPhase,
  Colleague,
  ContactCard,
  DeskConversation,
  DeskMessage,
  LiveCall,
  TranscriptLine,
} from '../../core/desk.ts';
import type { AgentState } from '../../core/handoff.ts';
import type { DeskLink } from './connection.ts';

type Message<Type extends DeskMessage['type']> = Extract<DeskMessage, { type: Type }>;
export type EndedBecause = Message<'conversation-ended'>['because'];

/** A contact that rings. */
export interface Offer {
  readonly card: ContactCard;
  readonly untilEpochMs: number;
}

/** A contact of this desk: a conversation that goes on, or one that is over and waits for its after-call work. */
export interface Contact {
  readonly entryId: string;
  readonly card: ContactCard;
  readonly conversation: DeskConversation;
  /** Null while it goes on. */
  readonly ended: { readonly because: EndedBecause; readonly atEpochMs: number } | null;
  readonly notes: readonly string[];
  readonly wrapUpCode: string | null;
}

/** Everything that a desk shows. Times are this machine's, once `clockAheadMs` is added to the server's. */
export interface DeskState {
  readonly link: DeskLink;
  readonly clockAheadMs: number;
  readonly me: Message<'welcome'>['me'] | null;
  readonly agent: AgentState | null;
  readonly colleagues: readonly Colleague[];
  readonly queues: readonly string[];
  readonly flows: Message<'welcome'>['flows'];
  readonly wrapUpCodes: readonly string[];
  /** The person's telephone, and where calls come in. */
  readonly telephone: string | null;
  readonly device: Message<'device'>['device'];
  readonly queue: {
    readonly waiting: number;
    readonly longestWaitMs: number;
    readonly atEpochMs: number;
  } | null;
  readonly offers: readonly Offer[];
  readonly contacts: readonly Contact[];
  readonly selectedId: string | null;
  readonly liveCalls: readonly LiveCall[];
  /** Muted by this page, which is what counts: no sound leaves it. */
  readonly muted: boolean;
  /** A supervisor reads along with a call without hearing it. */
  readonly silent: boolean;
  /** What is being written, by contact: it must survive a switch to another one. */
  readonly drafts: Readonly<Record<string, string>>;
  readonly problem: { readonly id: number; readonly code: string; readonly message: string } | null;
}

export const emptyDesk: DeskState = {
  link: { state: 'closed' },
  clockAheadMs: 0,
  me: null,
  agent: null,
  colleagues: [],
  queues: [],
  flows: [],
  wrapUpCodes: [],
  telephone: null,
  device: 'browser',
  queue: null,
  offers: [],
  contacts: [],
  selectedId: null,
  liveCalls: [],
  muted: false,
  silent: true,
  drafts: {},
  problem: null,
};

export type DeskAction =
  | { readonly type: 'link'; readonly link: DeskLink }
  | { readonly type: 'message'; readonly message: DeskMessage; readonly nowEpochMs: number }
  | { readonly type: 'select'; readonly entryId: string }
  | { readonly type: 'dismiss'; readonly entryId: string }
  | { readonly type: 'muted'; readonly on: boolean }
  | { readonly type: 'silent'; readonly on: boolean }
  | { readonly type: 'draft'; readonly key: string; readonly text: string }
  | { readonly type: 'noted'; readonly callId: string; readonly text: string }
  | { readonly type: 'wrapped-up'; readonly callId: string; readonly code: string }
  | { readonly type: 'problem'; readonly code: string; readonly message: string };

/** The desk after an action; pure. */
export function reduceDesk(state: DeskState, action: DeskAction): DeskState {
  switch (action.type) {
    case 'link':
      // What rang before the line was lost may ring elsewhere by now; the server offers it again if not.
      return { ...state, link: action.link, offers: action.link.state === 'open' ? state.offers : [] };
    case 'message':
      return onMessage(state, action.message, action.nowEpochMs);
    case 'select':
      return { ...state, selectedId: action.entryId };
    case 'dismiss':
      return withSelection({
        ...state,
        contacts: state.contacts.filter(({ entryId, ended }) => entryId !== action.entryId || !ended),
      });
    case 'muted':
      return { ...state, muted: action.on };
    case 'silent':
      return { ...state, silent: action.on };
    case 'draft':
      return { ...state, drafts: { ...state.drafts, [action.key]: action.text } };
    case 'noted':
      return changed(state, ofCall(action.callId), (contact) => ({
        ...contact,
        notes: [...contact.notes, action.text],
      }));
    case 'wrapped-up':
      return changed(state, ofCall(action.callId), (contact) => ({ ...contact, wrapUpCode: action.code }));
    case 'problem':
      return withProblem(state, action);
  }
}

function onMessage(state: DeskState, message: DeskMessage, nowEpochMs: number): DeskState {
  switch (message.type) {
    case 'welcome':
      return onWelcome(state, message, nowEpochMs);
    case 'device':
      return { ...state, device: message.device };
    case 'agent':
      return { ...state, agent: message.agent };
    case 'colleague':
      return { ...state, colleagues: put(state.colleagues, message.colleague, ({ id }) => id) };
    case 'queue':
      return {
        ...state,
        queue: { waiting: message.waiting, longestWaitMs: message.longestWaitMs, atEpochMs: nowEpochMs },
      };
    case 'offer': {
      const offer: Offer = { card: message.card, untilEpochMs: message.untilEpochMs + state.clockAheadMs };
      return { ...state, offers: put(state.offers, offer, ({ card }) => card.entryId) };
    }
    case 'offer-withdrawn':
      return withoutOffer(state, message.entryId);
    case 'conversation':
      return onConversation(state, message);
    case 'conversation-ended':
      return onEnded(state, message.entryId, message.because, nowEpochMs);
    case 'line':
      return onCard(state, message.callId, (card) => ({
        ...card,
        transcript: withLine(card.transcript, message.line),
      }));
    case 'mood':
      return onCard(state, message.callId, (card) => ({
        ...card,
        moods: [...card.moods, message.mood],
        call: { ...card.call, mood: message.mood.mood, anger: message.mood.anger },
      }));
    case 'live-calls':
      return { ...state, liveCalls: message.calls.filter(({ phase }) => phase !== 'ended') };
    case 'live-call': {
      const { call } = message;
      const known = onCard(state, call.callId, (card) => ({ ...card, call }));
      if (call.phase !== 'ended')
        return { ...known, liveCalls: put(state.liveCalls, call, ({ callId }) => callId) };
      return { ...known, liveCalls: state.liveCalls.filter(({ callId }) => callId !== call.callId) };
    }
    case 'problem':
      return withProblem(state, message);
  }
}

function onWelcome(state: DeskState, message: Message<'welcome'>, nowEpochMs: number): DeskState {
  const { me, agent, colleagues, queues, flows, wrapUpCodes, telephone, device } = message;
  const survived = message.conversations.map(({ conversation, card }): Contact => {
    const known = state.contacts.find(({ entryId }) => entryId === conversation.entryId);
    return contactOf(conversation, card, known);
  });
  const alive = new Set(survived.map(({ entryId }) => entryId));
  const gone = state.contacts
    .filter(({ entryId }) => !alive.has(entryId))
    .map((contact) =>
      contact.ended ? contact : { ...contact, ended: { because: 'lost' as const, atEpochMs: nowEpochMs } },
    );
  return withSelection({
    ...state,
    me,
    agent,
    colleagues,
    queues,
    flows,
    wrapUpCodes,
    telephone,
    device,
    clockAheadMs: message.nowEpochMs === undefined ? 0 : nowEpochMs - message.nowEpochMs,
    offers: [],
    muted: mutedAfter(state, me.id, survived),
    contacts: [...survived, ...gone.filter(needsAfterCall)],
    liveCalls: [],
  });
}

/** Who was muted stays so, also when the page was loaded anew: nobody expects to be heard then. */
function mutedAfter(state: DeskState, myId: string, survived: readonly Contact[]): boolean {
  if (state.me) return state.muted;
  const people = survived.flatMap(({ conversation }) => conversation.people);
  return people.some(({ id, muted }) => id === myId && muted);
}

function onConversation(state: DeskState, message: Message<'conversation'>): DeskState {
  const { conversation, card } = message;
  const known = state.contacts.find(({ entryId }) => entryId === conversation.entryId);
  const next = withoutOffer(
    {
      ...state,
      contacts: put(state.contacts, contactOf(conversation, card, known), ({ entryId }) => entryId),
    },
    conversation.entryId,
  );
  // A new call is what its agent looks at; a new text conversation must not take the sight of another one away.
  const isNew = known?.ended !== null;
  const current = state.contacts.find(({ entryId }) => entryId === state.selectedId);
  const take = isNew && (card.call.channel !== 'text' || current?.ended !== null);
  return {
    ...withSelection(take ? { ...next, selectedId: conversation.entryId } : next),
    ...(isNew && card.call.channel !== 'text' && { muted: false }),
  };
}

function onEnded(state: DeskState, entryId: string, because: EndedBecause, nowEpochMs: number): DeskState {
  const next = changed(
    withoutOffer(state, entryId),
    (contact) => contact.entryId === entryId,
    (contact) => ({ ...contact, ended: { because, atEpochMs: nowEpochMs } }),
  );
  return withSelection({ ...next, contacts: next.contacts.filter(needsAfterCall) });
}

/** Whom a supervisor only looked on at leaves no after-call work. */
function needsAfterCall({ ended, conversation }: Contact): boolean {
  return ended === null || (conversation.state !== 'supervising' && conversation.state !== 'consulted');
}

function contactOf(conversation: DeskConversation, card: ContactCard, known: Contact | undefined): Contact {
  return {
    entryId: conversation.entryId,
    card,
    conversation,
    ended: null,
    notes: known?.notes ?? [],
    wrapUpCode: known?.wrapUpCode ?? null,
  };
}

/** The transcript with a line added, or put in the place of the one with its number. */
export function withLine(lines: readonly TranscriptLine[], line: TranscriptLine): TranscriptLine[] {
  const before = lines.filter(({ id }) => id < line.id);
  const after = lines.filter(({ id }) => id > line.id);
  return [...before, line, ...after];
}

function put<T>(items: readonly T[], item: T, keyOf: (item: T) => string): T[] {
  const key = keyOf(item);
  return items.some((other) => keyOf(other) === key)
    ? items.map((other) => (keyOf(other) === key ? item : other))
    : [...items, item];
}

const ofCall = (callId: string) => (contact: Contact) => contact.card.call.callId === callId;

function changed(
  state: DeskState,
  which: (contact: Contact) => boolean,
  change: (contact: Contact) => Contact,
): DeskState {
  return {
    ...state,
    contacts: state.contacts.map((contact) => (which(contact) ? change(contact) : contact)),
  };
}

function onCard(state: DeskState, callId: string, change: (card: ContactCard) => ContactCard): DeskState {
  const next = changed(state, ofCall(callId), (contact) => ({ ...contact, card: change(contact.card) }));
  return {
    ...next,
    offers: state.offers.map((offer) =>
      offer.card.call.callId === callId ? { ...offer, card: change(offer.card) } : offer,
    ),
  };
}

function withoutOffer(state: DeskState, entryId: string): DeskState {
  return { ...state, offers: state.offers.filter(({ card }) => card.entryId !== entryId) };
}

/** Somebody is selected as long as there is anybody. */
function withSelection(state: DeskState): DeskState {
  const own = ownContacts(state);
  if (own.some(({ entryId }) => entryId === state.selectedId)) return state;
  const next = own.find(({ ended }) => ended === null) ?? own[0];
  return { ...state, selectedId: next?.entryId ?? null };
}

function withProblem(
  state: DeskState,
  { code, message }: { readonly code: string; readonly message: string },
): DeskState {
  return { ...state, problem: { id: (state.problem?.id ?? 0) + 1, code, message } };
}

/** The contacts that belong on the desk, without those that a supervisor looks on at. */
export function ownContacts(state: DeskState): readonly Contact[] {
  return state.contacts.filter(({ conversation }) => conversation.state !== 'supervising');
}

/** The call that a supervisor is on, if any. */
export function watchedContact(state: DeskState): Contact | undefined {
  return state.contacts.find(({ conversation, ended }) => conversation.state === 'supervising' && !ended);
}

/** The conversation with sound, if there is one: calls are taken one at a time. */
export function soundContact(state: DeskState): Contact | undefined {
  return state.contacts.find(({ ended, card }) => !ended && card.call.channel !== 'text');
}

/** What a desk needs of the sound devices, and whether the microphone's sound may leave the page. */
export function soundNeeds(state: DeskState): {
  readonly devices: 'none' | 'loudspeaker' | 'both';
  readonly heard: boolean;
} {
  const contact = soundContact(state);
  if (!contact) return { devices: 'none', heard: false };
  const { state: how, mode } = contact.conversation;
  // Whoever speaks by telephone has the sound there.
  if (how !== 'supervising' && state.device === 'telephone') return { devices: 'none', heard: false };
  if (how !== 'supervising') return { devices: 'both', heard: !state.muted && how !== 'hold' };
  if (mode !== 'listen') return { devices: 'both', heard: !state.muted };
  return { devices: state.silent ? 'none' : 'loudspeaker', heard: false };
}

const phaseOrder: Readonly<Record<CallPhase, number>> = { waiting: 0, person: 1, kefu: 2, ended: 3 };

/** Live calls as a supervisor needs them: the angriest first, among equals who waits, then the longest. */
export function byAnger(calls: readonly LiveCall[]): LiveCall[] {
  return [...calls].sort(
    (a, b) =>
      b.anger - a.anger ||
      phaseOrder[a.phase] - phaseOrder[b.phase] ||
      a.startedAtEpochMs - b.startedAtEpochMs,
  );
}

import { referenceOf } from './digest.ts';
import type { Values } from './expressions.ts';
import type { Json } from './state.ts';
import type { Turn } from './turn.ts';

/** How much of an order's number is told to whoever calls from the same line: enough to know it by, too little to use it. */
const orderEndingLength = 3;

/**
 * What expressions see in a turn: values that a step provides, every variable, null where nothing set it yet, and `slots` and `call`.
 * Each is put together only when an expression reads it, because most expressions read two or three of a hundred names.
 */
export class TurnScope extends Map<string, unknown> {
  readonly #turn: Turn;
  readonly #extra: Values | undefined;
  #call: Values | undefined;
  #slots: Values | undefined;

  constructor(turn: Turn, extra: Values | undefined) {
    super();
    this.#turn = turn;
    this.#extra = extra;
  }

  override get(name: string): unknown {
    if (this.#extra && Object.hasOwn(this.#extra, name)) return this.#extra[name];
    const { state, pack } = this.#turn;
    if (name === 'call') return (this.#call ??= callOf(this.#turn));
    if (name === 'slots') return (this.#slots ??= { ...pack.unset.slots, ...state.slots });
    return Object.hasOwn(state.variables, name) ? state.variables[name] : pack.unset.variables[name];
  }
}

/** The facts of the call. Those that cost something are worked out when they are read. */
function callOf(turn: Turn): Values {
  const { state, pack } = turn;
  const { call, stack, place, waiting } = state;
  return {
    ...call,
    language: state.language,
    intent: state.intent,
    problem: state.problem,
    mood: state.mood,
    wish: state.wish,
    timeZone: pack.settings.timeZone,
    requestsDone: state.requestsDone,
    done: state.done,
    canTransfer: turn.canTransfer,
    inQueue: place !== null && waiting?.for !== 'person',
    position: place?.position ?? null,
    waitMs: place?.waitMs ?? null,
    person: waiting?.for === 'person' ? waiting.name : null,
    refused: state.refused,
    survey: pack.settings.survey,
    get wanted() {
      return turn.wanted();
    },
    get emotion() {
      return emotionOf(turn);
    },
    get today() {
      return turn.today;
    },
    get now() {
      return new Date(call.startedAtEpochMs).toISOString();
    },
    get hasNumber() {
      return /\d{7}/.test(call.from.replace(/[\s().-]/g, ''));
    },
    get given() {
      return Object.keys(state.given);
    },
    get readings() {
      return readingsOf(turn);
    },
    get sensitive() {
      return stack.some(({ flow }) => pack.settings.sensitive.includes(flow));
    },
    get untold() {
      return untoldOf(turn);
    },
    get reference() {
      return referenceOf(`${call.id} ${String(state.requestsDone)}`);
    },
  };
}

/** All readings of each slot that is a text; of one that a flow has set since, the value alone. */
function readingsOf({ state: { slots, readings } }: Turn): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(slots).flatMap(([name, value]) => {
      if (typeof value !== 'string') return [];
      const known = readings[name] ?? [];
      return [[name, known[0] === value ? known : [value]]];
    }),
  );
}

function emotionOf({ state }: Turn): Record<string, Json> {
  const { emotion, angryTurns, tenseTurns, turns } = state.emotion;
  const { angry = 0, upset = 0, pleased = 0 } = emotion?.scores ?? {};
  return { score: emotion?.score ?? 0, angry, upset, pleased, angryTurns, tenseTurns, turns };
}

function untoldOf({ state }: Turn): Json {
  return state.untold.map(({ callId, taskId, operation, orderId, code }) => ({
    callId,
    taskId,
    operation,
    code,
    ending: orderId === null ? null : orderId.slice(-orderEndingLength),
  }));
}

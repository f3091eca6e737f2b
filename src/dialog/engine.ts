import type { DialogEngine, DialogEvent, DialogState, DialogStep } from '../core/dialog.ts';
import { languages } from '../core/language.ts';
import type { Utterance } from '../core/speech.ts';
import { answer, answerPressed } from './answering.ts';
import { stumble } from './asking.ts';
import { copyOf } from './copy.ts';
import { hearNothing, loseRecognition, loseSpeech } from './failures.ts';
import { assessCompleteness } from './capture/capture.ts';
import { IntentReader } from './commands.ts';
import { noEmotion } from './emotion.ts';
import { giveUp } from './endings.ts';
import { apologise, escalate, noticeMood, takeUpHeldBack } from './escalating.ts';
import type { FlowPack } from './flow-pack.ts';
import { completeTask, run, runBackground } from './interpreter.ts';
import { beginKnown, knownFrom } from './known-wish.ts';
import { repeat } from './obeying.ts';
import {
  completeTransfer,
  completeVoicemail,
  joinPerson,
  leavePerson,
  outcomeOfHangUp,
  resumeInLine,
  takePosition,
  takeRefusal,
} from './people.ts';
import { interrupt, settlePlace } from './stack.ts';
import { newFrame, type CallState, type Heard } from './state.ts';
import { Turn, type DialogOptions } from './turn.ts';
import { isFixed } from './wording.ts';

export type { DialogOptions } from './turn.ts';

type CallStarted = Extract<DialogEvent, { type: 'call-started' }>;

/** How much of what was said while a task ran is kept. */
const maxQueued = 3;
/** How many utterances "what was that?" brings back. */
const maxRepeated = 12;

/**
 * Makes the engine that runs a pack of flows. Pure: the same state and event give the same step; it holds nothing of a
 * call, so one engine serves all calls, and a state can be stored and go on in another process with the same pack.
 */
export function createDialogEngine(pack: FlowPack, options: DialogOptions): DialogEngine {
  const reader = new IntentReader(pack);
  const capture = {
    orderNumber: pack.orderNumber,
    postalCode: pack.postalCode,
    phoneRegion: pack.settings.phoneRegion,
  };

  function step(before: CallState, work: (turn: Turn) => void): DialogStep {
    let turn = new Turn(pack, options, copyOf(before));
    try {
      work(turn);
      answerQueued(turn, reader);
      settlePlace(turn);
    } catch (error) {
      // A fault of the flows must not leave the caller in silence: it is recorded and the call ends with an apology.
      turn = new Turn(pack, options, copyOf(before));
      turn.note('dialog-defect', { message: error instanceof Error ? error.message : String(error) });
      giveUp(turn);
    }
    remember(turn, before.waiting?.for !== 'answer');
    return { state: turn.state as unknown as DialogState, effects: withoutStaleListening(turn) };
  }

  return {
    start(event) {
      const state = initialState(pack, options, event);
      return step(state, (turn) => {
        if (state.language !== event.language)
          turn.effects.push({ type: 'language', language: state.language });
        if (event.known) beginKnown(turn, event.known);
        run(turn);
      });
    },

    advance(state, event) {
      if (state.ended) return { state, effects: [] };
      // The port's state is opaque; only this engine makes and reads it.
      return step(state as unknown as CallState, (turn) => handle(turn, reader, event));
    },

    assess(text, expecting, language, spelled) {
      return assessCompleteness(text, expecting, language, capture, spelled);
    },

    fixedUtterances(language) {
      const all = [pack.prompts, ...[...pack.flows.values()].map(({ prompts }) => prompts)];
      return all.flatMap((prompts) =>
        [...prompts.values()].flatMap((prompt) =>
          [...prompt.voice[language], ...(prompt.tense?.[language] ?? [])]
            .filter(isFixed)
            .map(({ pieces }): Utterance => ({
              parts: pieces.flatMap((piece) => (piece.type === 'text' ? [piece] : [])),
              language,
              interruptible: prompt.interruptible,
              promptId: prompt.id,
            })),
        ),
      );
    },
  };
}

function initialState(pack: FlowPack, options: DialogOptions, event: CallStarted): CallState {
  const available = event.channel === 'text' ? languages : options.voiceLanguages;
  const language = available.includes(event.language) ? event.language : (available[0] ?? event.language);
  const [first = 'done'] = pack.flows.get(pack.settings.entry)?.stepNames ?? [];
  const { callId: id, gateway, from, to, channel, atEpochMs: startedAtEpochMs } = event;
  return {
    flowsVersion: pack.version,
    language,
    ended: false,
    call: {
      id,
      gateway,
      from,
      to,
      channel,
      startedAtEpochMs,
      hasPeople: event.hasPeople === true,
      ...(event.known && { atDesk: true }),
    },
    slots: {},
    variables: {},
    stack: [newFrame(pack.settings.entry, first, { resume: 'next', isRequest: false, intentBefore: null })],
    background: [],
    waiting: null,
    place: null,
    refused: null,
    served: false,
    queue: [],
    given: {},
    readings: {},
    said: {},
    lastSaid: [],
    intent: null,
    problem: null,
    emotion: noEmotion(),
    mood: 'neutral',
    apologised: false,
    rulesUsed: {},
    heldBack: null,
    escalated: null,
    failedTurns: 0,
    wish: '',
    heeded: [],
    done: [],
    asked: [],
    requestsDone: 0,
    keysOnly: false,
    ttsFailures: 0,
    pace: 1,
    tasks: 0,
    untold: event.untold ?? [],
    ...(event.known && knownFrom(event.known)),
  };
}

function handle(turn: Turn, reader: IntentReader, event: DialogEvent): void {
  const { state } = turn;
  switch (event.type) {
    case 'call-started':
      return;
    case 'call-resumed':
      turn.say('resumed');
      turn.saidNow.length = 0;
      if (resumeInLine(turn)) run(turn);
      else if (state.waiting?.for === 'answer') repeat(turn);
      // The process that waited for the shop is gone, and its answer with it.
      else if (state.waiting?.for === 'task') turn.effects.push(state.waiting.task);
      return;
    case 'called-back':
      turn.say('called_back');
      if (resumeInLine(turn)) run(turn);
      return;
    case 'utterance': {
      // Speech is recognised again: keys are no longer the only way.
      if (state.waiting?.for === 'person') return;
      state.keysOnly = false;
      const heard = spoken(event);
      noticeMood(turn, reader, event, heard);
      hear(turn, reader, heard);
      return;
    }
    case 'digits':
      hear(turn, reader, keyed(event.digits, state));
      return;
    case 'chosen':
      goOn(turn, () => answerPressed(turn, event.ids));
      return;
    case 'no-input':
      if (state.waiting?.for === 'answer') goOn(turn, () => hearNothing(turn, 'noInput'));
      return;
    case 'unintelligible':
      if (state.waiting?.for === 'answer') goOn(turn, () => hearNothing(turn, 'unintelligible'));
      return;
    case 'asr-failed':
      goOn(turn, () => loseRecognition(turn));
      return;
    case 'tts-failed':
      goOn(turn, () => loseSpeech(turn));
      return;
    case 'task-slow':
      if (state.waiting?.for === 'task' && state.waiting.taskId === event.taskId) {
        const { check } = turn.top.progress;
        if (check) check.slow = true;
        sayFiller(turn);
      }
      return;
    case 'task-finished':
      finishTask(turn, event);
      return;
    case 'transfer-finished':
      goOn(turn, () => completeTransfer(turn, event.ok, event.code));
      return;
    case 'queue-position':
      goOn(turn, () => takePosition(turn, event));
      return;
    case 'queue-refused':
      goOn(turn, () => takeRefusal(turn, event));
      return;
    case 'person-joined':
      joinPerson(turn, event);
      return;
    case 'person-left':
      goOn(turn, () => leavePerson(turn, event));
      return;
    case 'voicemail-finished':
      goOn(turn, () => completeVoicemail(turn, event));
      return;
    case 'caller-hung-up':
      // With a person, the place is no longer the dialog's to give back.
      if (state.waiting?.for === 'person') state.place = null;
      turn.end(outcomeOfHangUp(turn));
  }
}

function goOn(turn: Turn, work: () => void): void {
  work();
  run(turn);
}

// The caller

function spoken(event: Extract<DialogEvent, { type: 'utterance' }>): Heard {
  const { text, language, intents, entities } = event.understanding;
  return {
    text: text.trim(),
    alternatives: event.alternatives,
    spelled: event.spelled,
    confidence: event.confidence ?? null,
    language,
    intents,
    entities,
    byKeys: false,
    queued: false,
  };
}

/** Only what follows the last `*` counts: that key starts over. */
function keyed(digits: string, { language }: CallState): Heard {
  const text = digits.replace(/#+$/, '').replace(/^.*\*(?=.)/, '');
  return {
    text,
    alternatives: [],
    confidence: null,
    language,
    intents: [],
    entities: [],
    byKeys: true,
    queued: false,
  };
}

function hear(turn: Turn, reader: IntentReader, heard: Heard): void {
  const { state } = turn;
  const isAgentKey = heard.byKeys && heard.text === '0';
  switch (state.waiting?.for) {
    case 'answer':
      goOn(turn, () => {
        if (isAgentKey) callAgent(turn);
        else if (heard.text === '*') repeat(turn);
        else if (heard.text === '') hearNothing(turn, heard.byKeys ? 'noMatch' : 'unintelligible');
        else if (!escalate(turn, reader, heard)) {
          apologise(turn);
          answer(turn, reader, heard);
        }
      });
      return;
    case 'task': {
      const command = heard.byKeys ? undefined : reader.command(heard);
      const isUrgent = isAgentKey || command?.pattern === 'agent' || command?.pattern === 'stop';
      if (isUrgent && !state.waiting.isWrite) {
        // The look-up under way is forgotten: its answer finds nobody waiting for it.
        state.waiting = null;
        goOn(turn, () => {
          const pattern = isAgentKey || command?.pattern === 'agent' ? 'agent' : 'stop';
          if (!interrupt(turn, pattern)) giveUp(turn);
        });
      } else if (heard.text !== '') {
        state.queue = [...state.queue, { ...heard, queued: true }].slice(-maxQueued);
      }
      return;
    }
    case 'transfer':
    case 'person':
    case 'voicemail':
    case undefined:
  }
}

function callAgent(turn: Turn): void {
  turn.state.waiting = null;
  if (!interrupt(turn, 'agent')) stumble(turn, 'noMatch');
}

/** Takes up what was said while a task ran, as soon as there is a question again. */
function answerQueued(turn: Turn, reader: IntentReader): void {
  const { state } = turn;
  while (!state.ended && state.waiting?.for === 'answer') {
    const heldBack = takeUpHeldBack(turn);
    if (heldBack) {
      answerUnasked(turn, reader, heldBack);
      continue;
    }
    const heard = state.queue.shift();
    if (!heard) return;
    if (heard.byKeys && heard.text === '0') callAgent(turn);
    else if (!escalate(turn, reader, heard)) {
      apologise(turn);
      answer(turn, reader, heard);
    }
    run(turn);
  }
}

/** Answers words whose question has just come up again. It is left unsaid, unless they turn out to be no answer. */
function answerUnasked(turn: Turn, reader: IntentReader, heard: Heard): void {
  const putBack = turn.takeBackQuestion();
  const before = turn.saidNow.length;
  answer(turn, reader, heard);
  run(turn);
  if (turn.saidNow.length === before && turn.state.waiting?.for === 'answer') putBack();
}

// The shop

function finishTask(turn: Turn, event: Extract<DialogEvent, { type: 'task-finished' }>): void {
  const { state } = turn;
  const background = state.background.find(({ taskId }) => taskId === event.taskId);
  if (background) runBackground(turn, background, event.result);
  else if (state.waiting?.for === 'task' && state.waiting.taskId === event.taskId) {
    goOn(turn, () => completeTask(turn, event.result));
  }
}

/** A few words while the shop takes its time; they are not worth repeating. */
function sayFiller(turn: Turn): void {
  turn.say('filler');
  turn.saidNow.length = 0;
}

// Afterwards

/** Keeps what was said for "what was that?": everything since the caller last spoke. */
function remember(turn: Turn, isContinued: boolean): void {
  const { state } = turn;
  const before = isContinued ? state.lastSaid : [];
  const isQuiet = turn.saidNow.length === 0;
  // Nothing new was said and the question still stands: it is what would be repeated.
  if (isQuiet && (isContinued || state.waiting?.for === 'answer')) return;
  state.lastSaid = [...before, ...turn.saidNow].slice(-maxRepeated);
}

/** Only the last `listen` holds, and only when it is still true that an answer is waited for. */
function withoutStaleListening(turn: Turn): Turn['effects'] {
  const last = turn.effects.findLastIndex((effect) => effect.type === 'listen');
  return turn.effects.filter(
    (effect, index) => effect.type !== 'listen' || (index === last && turn.state.waiting?.for === 'answer'),
  );
}

import type { FinishedChange } from '../core/changes.ts';
import type {
  DialogEffect,
  DialogEngine,
  DialogEvent,
  DialogState,
  DialogStep,
  Expecting,
} from '../core/dialog.ts';
import { toKefuError } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { AsyncQueue } from '../core/queue.ts';
import type { CallSnapshot, RecordingWriter } from '../core/store.ts';
import type { CallMedia, EndReason, IncomingCall } from '../core/telephony.ts';
import type { CallerTurn, Line, LineEvent } from './line.ts';
import { createRecorder, type CallRecorder } from './recorder.ts';
import { createTaskRunner, type TaskRunner } from './tasks.ts';
import { PeopleSide } from './people-side.ts';
import { CallSnapshots } from './snapshots.ts';
import { createTextLine } from './text-line.ts';
import type { CallServices } from './services.ts';
import { Transfers } from './transfers.ts';
import { isStrayWord, TurnTaker, type Standing } from './turn-taker.ts';
import { UntoldChanges } from './untold.ts';
import { VoiceLine } from './voice-line.ts';

type InboxEvent =
  | { readonly type: 'line'; readonly event: LineEvent }
  | { readonly type: 'dialog'; readonly event: DialogEvent }
  | { readonly type: 'stop'; readonly outcome: string };

/** How long a gateway may take to report the end of a call that was hung up. */
const endLimitMs = 5000;

/**
 * The conductor: the one place where the stages of a call meet. Three loops run at once: the line reads the wire, ears turn sound
 * into turns (both inside `Line`), and the loop here, which alone touches the dialog, takes one event after the other from the inbox.
 *
 *     line -> inbox -> meaning -> dialog -> effects -> line, shop, record
 */
export class Call {
  readonly #incoming: IncomingCall;
  readonly #services: CallServices;
  readonly #log: Logger;
  readonly #recorder: CallRecorder;
  readonly #line: Line;
  readonly #recording: RecordingWriter | undefined;
  readonly #tasks: TaskRunner;
  readonly #turns: TurnTaker;
  readonly #untold: UntoldChanges;
  readonly #snapshots: CallSnapshots;
  readonly #transfers: Transfers;
  readonly #people: PeopleSide | undefined;
  readonly #inbox = new AsyncQueue<InboxEvent>();
  readonly #startedMs: number;
  #state: DialogState;
  #expecting: Expecting | null = null;
  #firstStep: DialogStep;
  /** The step the dialog stopped in, until it is recorded together with what is expected there. */
  #place: { readonly flow: string; readonly step: string } | undefined;
  #cancelEndLimit: () => void = () => undefined;
  #outcome: string | undefined;
  #ended: EndReason | undefined;
  constructor(
    incoming: IncomingCall,
    media: CallMedia,
    callId: string,
    services: CallServices,
    snapshot: CallSnapshot | undefined,
    untold: readonly FinishedChange[],
  ) {
    this.#incoming = incoming;
    this.#services = services;
    this.#log = services.log.child({ callId });
    const { clock, bus, store, engine } = services;
    this.#startedMs = clock.nowMs();
    this.#untold = new UntoldChanges({
      callId,
      store: services.untoldChanges,
      log: this.#log,
      earlier: untold,
    });
    this.#recorder = this.#untold.watch(
      createRecorder(callId, { store, bus, clock, log: this.#log }, snapshot?.lastSeq ?? 0),
    );
    this.#snapshots = new CallSnapshots({
      callId,
      store: services.snapshots,
      recorder: this.#recorder,
      clock,
      log: this.#log,
    });

    const language = snapshot?.dialog.language ?? incoming.language ?? services.defaultLanguage;
    const started = engine.start({
      type: 'call-started',
      callId,
      gateway: incoming.gateway,
      from: incoming.from,
      to: incoming.to,
      language,
      atEpochMs: clock.epochMs(),
      channel: media.kind,
      ...(services.switchboard?.hasPeople === true && { hasPeople: true }),
      untold,
    });
    // Flows that changed meanwhile cannot go on from the middle of the old ones: such a call begins anew.
    this.#firstStep =
      snapshot?.dialog.flowsVersion === started.state.flowsVersion
        ? engine.advance(snapshot.dialog, this.#resumeEvent())
        : started;
    this.#state = this.#firstStep.state;
    this.#recorder.record({
      type: 'call-started',
      gateway: incoming.gateway,
      gatewayCallId: incoming.gatewayCallId,
      channel: media.kind,
      from: incoming.from,
      to: incoming.to,
      language,
      resumed: snapshot !== undefined,
      flowsVersion: this.#state.flowsVersion,
    });

    const shop = services.shopForCall();
    this.#tasks = createTaskRunner({
      shop,
      clock,
      log: this.#log,
      recorder: this.#recorder,
      deliver: (event) => this.#inbox.push({ type: 'dialog', event }),
      onFinished: (task, result) => this.#untold.finished(task, result),
    });
    this.#turns = new TurnTaker({
      engine,
      understander: services.understander,
      emotion: services.emotion,
      shop,
      synthesizer: services.voice.synthesizer,
      recorder: this.#recorder,
      clock,
      log: this.#log,
    });
    this.#recording =
      media.kind === 'voice' ? services.recordings?.open(callId, media.format.sampleRateHz) : undefined;
    this.#line =
      media.kind === 'text'
        ? createTextLine(media, this.#recorder, clock)
        : new VoiceLine(media, {
            stages: services.voice,
            recorder: this.#recorder,
            clock,
            log: this.#log,
            bus,
            callId,
            language,
            recording: this.#recording,
            emotion: services.emotion,
            assess: (text, expecting, spelled) =>
              engine.assess(text, expecting, this.#state.language, spelled),
            onPaused: (text, spelled, tellComplete) => {
              if (this.#people?.talking !== true)
                this.#turns.prepare({ text, spelled }, this.#standing, tellComplete);
            },
            onAudible: () => this.#turns.settle(),
          });
    this.#transfers = new Transfers({
      line: this.#line,
      engine,
      recorder: this.#recorder,
      log: this.#log,
      deliver: (event) => this.#inbox.push({ type: 'dialog', event }),
    });
    this.#people =
      services.switchboard &&
      new PeopleSide({
        callId,
        line: this.#line,
        switchboard: services.switchboard,
        recorder: this.#recorder,
        stages: services.voice,
        clock,
        log: this.#log,
        language,
        voicemails: services.voicemails,
        deliver: (event) => this.#inbox.push({ type: 'dialog', event }),
        transfer: (target, briefing) => this.#transfers.byPerson(target, briefing, this.#state),
      });
  }

  /** Ends the call from outside: shutdown, a limit, an operator. */
  stop(outcome: string): void {
    this.#inbox.push({ type: 'stop', outcome });
  }

  async run(): Promise<void> {
    const { clock } = this.#services;
    this.#log.info({ gateway: this.#incoming.gateway, channel: this.#line.channel }, 'call started');
    const cancelLimit = clock.setTimer(() => this.stop('too-long'), this.#services.maxCallMs);
    void this.#forwardLine();
    try {
      this.#apply(this.#firstStep);
      for await (const event of this.#inbox) {
        await this.#handle(event);
        if (this.#ended) break;
      }
    } catch (error) {
      // Nothing a caller does may reach this; when a defect does, the call ends and says so, and no other call is touched.
      const failure = toKefuError(error);
      this.#log.error({ err: error, code: failure.code }, 'the conductor of a call failed');
      this.#recorder.record({ type: 'error', code: failure.code, message: failure.message });
      this.#outcome ??= 'failed';
      await this.#line.hangup('failed').catch(() => undefined);
    } finally {
      cancelLimit();
      await this.#finish().catch((error: unknown) => {
        this.#log.error({ err: error }, 'a call could not be finished in order');
      });
    }
  }

  async #forwardLine(): Promise<void> {
    for await (const event of this.#line.events) this.#inbox.push({ type: 'line', event });
  }

  async #handle(event: InboxEvent): Promise<void> {
    if (event.type === 'dialog') {
      if (event.event.type === 'person-joined' || event.event.type === 'person-left') this.#turns.settle();
      this.#advance(event.event);
      return;
    }
    if (event.type === 'stop') {
      this.#outcome ??= event.outcome;
      this.#line.stop();
      void this.#hangup(event.outcome);
      return;
    }
    const { event: heard } = event;
    const message = this.#people?.voicemail;
    message?.take(heard);
    if ((message || this.#people?.talking === true) && heard.type !== 'ended') {
      this.#overhear(heard);
      return;
    }
    switch (heard.type) {
      case 'turn':
        await this.#takeTurn(heard.turn, heard.interrupted);
        return;
      case 'digits':
        this.#recorder.record({ type: 'digits', digits: heard.digits });
        this.#line.stop();
        this.#turns.settle();
        this.#advance({ type: 'digits', digits: heard.digits });
        return;
      case 'no-input':
        this.#recorder.record({ type: 'no-input' });
        this.#advance({ type: 'no-input' });
        return;
      case 'unintelligible':
        this.#advance({ type: 'unintelligible' });
        return;
      case 'asr-failed':
      case 'tts-failed':
        this.#recorder.record({ type: 'error', code: heard.type.replace('-', '_'), message: heard.message });
        this.#advance({ type: heard.type });
        return;
      case 'ended':
        this.#ended = heard.reason;
        if (heard.detail !== undefined)
          this.#log.info({ reason: heard.reason, detail: heard.detail }, 'line ended');
        return;
    }
  }

  /** What a caller says to a person is kept and answered by nobody else. */
  #overhear(heard: LineEvent): void {
    if (heard.type === 'turn') this.#turns.overhear(heard.turn);
    if (heard.type === 'digits') this.#recorder.record({ type: 'digits', digits: heard.digits });
    if (heard.type === 'asr-failed' || heard.type === 'tts-failed')
      this.#recorder.record({ type: 'error', code: heard.type.replace('-', '_'), message: heard.message });
  }

  /** What the caller said is understood, and the dialog answers. */
  async #takeTurn(turn: CallerTurn, interrupted: boolean): Promise<void> {
    const continued = this.#turns.answerUnheard;
    if (continued) this.#line.stop();
    else if (!interrupted) this.#line.release();
    const { standing, event } = await this.#turns.take(turn, this.#standing, interrupted);
    // Somebody has answered meanwhile, and hears the caller from now on.
    if (this.#people?.talking === true) return;
    if (interrupted && !continued && isStrayWord(event.understanding, standing.expecting)) {
      this.#carryOn(event.understanding.text);
      return;
    }
    if (interrupted) this.#line.stop();
    this.#expecting = standing.expecting;
    const step = this.#services.engine.advance(standing.state, event);
    if (this.#line.channel === 'voice') this.#turns.answered(step.effects);
    this.#apply(step);
  }

  /** What cut Kefu's words short was nothing: the words go on, and the question they end with is open as before. */
  #carryOn(text: string): void {
    this.#recorder.record({ type: 'note', name: 'stray-word', data: { text } });
    this.#line.release();
    if (this.#expecting) this.#line.listen(this.#expecting);
  }

  get #standing(): Standing {
    return { state: this.#state, expecting: this.#expecting };
  }

  #resumeEvent(): DialogEvent {
    if (this.#incoming.calledBack) return { type: 'called-back' };
    return this.#incoming.transferFailed === undefined
      ? { type: 'call-resumed' }
      : { type: 'transfer-finished', ok: false, code: this.#incoming.transferFailed };
  }

  #advance(event: DialogEvent): void {
    this.#apply(this.#services.engine.advance(this.#state, event));
  }

  #apply(step: DialogStep): void {
    this.#state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
    this.#recordPlace(null);
    if (!this.#state.ended) this.#snapshots.save(this.#state);
  }

  #carryOut(effect: DialogEffect): void {
    switch (effect.type) {
      case 'say':
        // Nobody talks over a person.
        if (this.#people?.talking !== true) this.#line.say(effect.utterance);
        return;
      case 'listen':
        this.#expecting = effect.expecting;
        this.#recordPlace(effect.expecting);
        this.#line.listen(effect.expecting, effect.spelling);
        return;
      case 'leave-queue':
      case 'callback':
      case 'voicemail':
        this.#people?.carryOut(effect, this.#state.language);
        return;
      case 'task':
        this.#tasks.start(effect);
        return;
      case 'transfer':
        if (this.#people && this.#services.switchboard?.hasPeople === true)
          this.#people.request(effect, this.#state.language);
        else void this.#transfers.start(effect, this.#state);
        return;
      case 'language':
        this.#line.setLanguage(effect.language);
        return;
      case 'note':
        this.#note(effect.name, effect.data);
        return;
      case 'end':
        this.#outcome = effect.outcome;
        void this.#hangup(effect.outcome);
        return;
    }
  }

  #note(name: string, data: Readonly<Record<string, unknown>>): void {
    if (name !== 'dialog') {
      this.#recorder.record({ type: 'note', name, data: { ...data } });
      return;
    }
    const { flow, step } = data;
    if (typeof flow === 'string' && typeof step === 'string') this.#place = { flow, step };
  }

  /** Puts into the record where the dialog stands and what it waits for. */
  #recordPlace(expecting: Expecting | null): void {
    if (this.#place) this.#recorder.record({ type: 'dialog', ...this.#place, expecting });
    this.#place = undefined;
  }

  /** Ends the call after the words queued. `ended` follows from the line, or, when a gateway fails to say it, from here. */
  async #hangup(outcome: string): Promise<void> {
    try {
      await this.#line.hangup(outcome);
    } catch (error) {
      this.#log.warn({ err: error }, 'hanging up failed');
    }
    const event = { type: 'ended', reason: 'we-hung-up', detail: undefined } as const;
    this.#cancelEndLimit = this.#services.clock.setTimer(
      () => this.#inbox.push({ type: 'line', event }),
      endLimitMs,
    );
  }

  async #finish(): Promise<void> {
    const { clock, engine } = this.#services;
    const reason = this.#ended ?? 'we-hung-up';
    this.#cancelEndLimit();
    this.#turns.close();
    this.#people?.close(isLost(reason) && this.#outcome === undefined);
    this.#line.close();
    this.#inbox.close();
    if (reason === 'transferred') this.#outcome = 'transferred';
    else if (!this.#state.ended && this.#outcome !== 'failed') this.#tellDialogOfEnd(engine);
    await this.#tasks.close();
    // A person who takes the call over tells the caller, and has it in the briefing.
    if (reason !== 'transferred') await this.#untold.keep(this.#incoming.from);
    await this.#recording?.close();
    // A lost stream may be opened again, and a person who does not answer sends the caller back to us.
    const lost = isLost(reason) && this.#outcome === undefined;
    const resumable =
      reason === 'transferred' ? this.#transfers.stateOnReturn : lost ? this.#state : undefined;
    const outcome = this.#outcome ?? (resumable ? 'interrupted' : 'abandoned');
    const durationMs = Math.round(clock.nowMs() - this.#startedMs);
    this.#recorder.record({ type: 'call-ended', reason, outcome, durationMs });
    await this.#recorder.flush();
    await this.#snapshots.settle(resumable);
    this.#log.info({ reason, outcome, durationMs }, 'call ended');
  }

  /** The caller has gone: the dialog may still have something to write down or to finish, but nothing to say. */
  #tellDialogOfEnd(engine: DialogEngine): void {
    if (this.#ended && isLost(this.#ended)) return;
    const step = engine.advance(this.#state, { type: 'caller-hung-up' });
    this.#state = step.state;
    for (const effect of step.effects) {
      if (effect.type === 'note') this.#note(effect.name, effect.data);
      if (effect.type === 'task') this.#tasks.start(effect);
      if (effect.type === 'end') this.#outcome ??= effect.outcome;
    }
  }
}

/** The stream is gone, and the caller may still be there: the carrier may connect the call again. */
function isLost(reason: EndReason): boolean {
  return reason === 'gateway-lost' || reason === 'media-timeout' || reason === 'protocol-error';
}

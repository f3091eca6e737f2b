import { KefuError, toKefuError } from '../core/errors.ts';
import type { DeskRequest, TransferTarget } from '../core/desk.ts';
import { Consulting } from './consulting.ts';
import {
  callOf,
  checkColleague,
  conversationOf,
  finishConversation,
  wishless,
} from './desk-conversations.ts';
import type { Conversation, Desk } from './desks.ts';
import type { RegisteredCall } from './places.ts';
import { Supervising } from './supervising.ts';
import type { BoardInside } from './board.ts';
import { welcomeOf } from './welcome.ts';

/** A colleague who is asked for by name is waited for this long. */
const directMs = 60_000;

type RequestOf<Type extends DeskRequest['type']> = Extract<DeskRequest, { type: Type }>;

/** Carries out what people ask for at their desks. What cannot be done is told to the desk as a `problem`. */
export class DeskRequests {
  readonly consulting: Consulting;
  readonly #supervising: Supervising;
  readonly #board: BoardInside;

  constructor(board: BoardInside) {
    this.#board = board;
    this.consulting = new Consulting(board);
    this.#supervising = new Supervising(board);
  }

  async take(desk: Desk, request: DeskRequest): Promise<void> {
    try {
      await this.#carryOut(desk, request);
    } catch (error) {
      const { code, message } = toKefuError(error);
      desk.send({ type: 'problem', code, message });
      if (!(error instanceof KefuError)) throw error;
    }
  }

  async #carryOut(desk: Desk, request: DeskRequest): Promise<void> {
    const { router } = this.#board.options;
    const { id } = desk.person;
    switch (request.type) {
      case 'hello':
        await router.signIn(desk.person.profile);
        desk.send(welcomeOf(this.#board, desk));
        if (desk.person.supervises) desk.send({ type: 'live-calls', calls: [...this.#board.live.list()] });
        this.#board.elsewhere.signedIn(desk);
        return;
      case 'choose':
        await router.setState(id, request.choice);
        if (request.choice.state === 'available' && request.choice.anyway === true)
          this.#board.options.audit({
            ...{ person: desk.person, action: 'beyond-hours', callId: null, details: {} },
          });
        return;
      case 'device':
        this.#device(desk, request.device);
        return;
      case 'accept':
        this.#checkDevice(desk, request.entryId);
        if (!(await router.accept(id, request.entryId))) {
          desk.offers.delete(request.entryId);
          desk.send({ type: 'offer-withdrawn', entryId: request.entryId });
        }
        return;
      case 'decline':
        await router.decline(id, request.entryId);
        return;
      case 'hold':
        this.#hold(desk, request);
        return;
      case 'mute': {
        const conversation = conversationOf(desk, request.entryId);
        conversation.muted = request.on;
        if (request.on) conversation.seat?.pause();
        this.#board.show(conversation.callId);
        return;
      }
      case 'keys':
        callOf(this.#board, desk, request.entryId).call.keys(request.digits);
        return;
      case 'text':
        callOf(this.#board, desk, request.entryId).call.write(desk.person, request.text);
        return;
      case 'transfer':
        await this.#transfer(desk, request);
        return;
      case 'consult':
        await this.consulting.begin(desk, request);
        return;
      case 'consult-end':
        await this.consulting.end(desk, request);
        return;
      case 'finish':
        await finishConversation(this.#board, desk, conversationOf(desk, request.entryId), { next: 'end' });
        return;
      case 'note':
        await this.#note(desk, request.callId, 'agent-note', { text: request.text });
        return;
      case 'wrap-up':
        await this.#note(desk, request.callId, 'wrap-up', { code: request.code });
        return;
      case 'supervise':
        this.#supervising.watch(desk, request.callId, request.mode);
        return;
      case 'supervise-end':
        this.#supervising.leave(desk, request.callId);
        return;
      case 'take-over':
        await this.#supervising.takeOver(desk, request.callId);
        return;
    }
  }

  #checkDevice(desk: Desk, entryId: string): void {
    if (desk.telephone === undefined || this.#board.cardOf(entryId)?.call.channel === 'text') return;
    throw new KefuError('not_found', 'Take this call at your telephone.');
  }

  #device(desk: Desk, device: RequestOf<'device'>['device']): void {
    const { telephone } = desk.person;
    if (desk.isBusy) throw new KefuError('not_found', 'Finish your conversation first.');
    if (device === 'telephone' && (telephone === undefined || !this.#board.options.telephones))
      throw new KefuError('not_found', 'No telephone is set up for you. Ask an administrator.');
    desk.telephone = device === 'telephone' ? telephone : undefined;
    desk.send({ type: 'device', device });
  }

  #hold(desk: Desk, { entryId, on }: RequestOf<'hold'>): void {
    const conversation = conversationOf(desk, entryId);
    if (conversation.state !== 'talking' && conversation.state !== 'hold') return;
    conversation.state = on ? 'hold' : 'talking';
    callOf(this.#board, desk, entryId).call.hold(on);
    this.#board.show(conversation.callId);
  }

  async #transfer(desk: Desk, { entryId, to, note }: RequestOf<'transfer'>): Promise<void> {
    const conversation = conversationOf(desk, entryId);
    const registered = callOf(this.#board, desk, entryId);
    const { options } = this.#board;
    this.#checkTarget(to, desk);
    if (note !== '') {
      registered.call.note('agent-note', { personId: desk.person.id, name: desk.person.name, text: note });
      this.#tellNext(registered, `${desk.person.name}: ${note}`);
    }
    options.audit({ person: desk.person, action: 'transfer', callId: conversation.callId, details: { to } });
    switch (to.kind) {
      case 'flow':
        await finishConversation(
          this.#board,
          desk,
          conversation,
          { next: 'flow', flow: to.flow },
          'transferred',
        );
        return;
      case 'number':
        await registered.call.transfer(to.number);
        await finishConversation(this.#board, desk, conversation, undefined, 'transferred');
        return;
      case 'queue':
      case 'agent': {
        const queue = to.kind === 'queue' ? to.queue : (registered.wish?.contact.queue ?? '');
        const known = options.queues();
        const direct =
          to.kind === 'agent'
            ? { agentId: to.agentId, untilEpochMs: options.clock.epochMs() + directMs }
            : undefined;
        await this.#handOn(desk, conversation, registered, {
          queue: known.includes(queue) ? queue : (known[0] ?? 'general'),
          ...(direct && { direct }),
        });
      }
    }
  }

  /** The caller waits again, at the front, for somebody else. */
  async #handOn(
    desk: Desk,
    conversation: Conversation,
    registered: RegisteredCall,
    to: Parameters<BoardInside['options']['router']['handOver']>[2],
  ): Promise<void> {
    const { router } = this.#board.options;
    const { entryId, callId } = conversation;
    this.#board.part(desk, conversation, 'transferred');
    registered.call.hold(false);
    // The words come first: whoever is free may answer before the next line is reached.
    registered.call.tell({ type: 'person-left', next: 'queue' });
    registered.wish ??= wishless(registered);
    const isOwnEntry = conversation.isQueued && entryId === callId;
    if (isOwnEntry) await router.handOver(desk.person.id, entryId, to);
    else {
      if (conversation.isQueued) await router.finish(desk.person.id, entryId);
      const contact = this.#board.places.contactOf(registered.call, registered.wish, registered.call.channel);
      await router.enqueue({ ...contact, ...to });
    }
    if (this.#board.calls.has(callId)) this.#board.places.watchPosition(registered);
    this.#board.show(callId);
  }

  #checkTarget(to: TransferTarget, desk: Desk): void {
    const { options } = this.#board;
    if (to.kind === 'queue' && !options.queues().includes(to.queue))
      throw new KefuError('not_found', `There is no queue "${to.queue}".`);
    if (to.kind === 'flow' && !options.flows().some(({ name }) => name === to.flow))
      throw new KefuError('not_found', `There is no flow "${to.flow}" to send a caller to.`);
    if (to.kind === 'agent') checkColleague(this.#board, to.agentId, desk);
  }

  async #note(
    desk: Desk,
    callId: string,
    name: string,
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { calls, options } = this.#board;
    const whole = { personId: desk.person.id, name: desk.person.name, ...data };
    const registered = calls.get(callId);
    if (registered) registered.call.note(name, whole);
    else await options.keepNote(callId, name, whole);
  }

  /** What the next person shall know goes into the briefing. */
  #tellNext(registered: RegisteredCall, sentence: string): void {
    const wish = registered.wish ?? wishless(registered);
    registered.wish = {
      ...wish,
      briefing: { ...wish.briefing, done: [...wish.briefing.done, sentence] },
    };
  }
}

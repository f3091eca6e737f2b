import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { openModelStore, startEncoder } from '../../src/app/stages.ts';
import type { Config } from '../../src/app/config.ts';
import { readFlowFiles } from '../../src/app/flows/files.ts';
import { runHead } from '../../src/app/teaching/running.ts';
import { understandFlows } from '../../src/app/understanding.ts';
import { performTask } from '../../src/call/tasks.ts';
import { createDemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import { createHttpBackend } from '../../src/commerce/http-backend.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { CommerceBackend } from '../../src/core/commerce.ts';
import type { DialogEffect, DialogEngine, DialogEvent, DialogState, Expecting } from '../../src/core/dialog.ts';
import { KefuError } from '../../src/core/errors.ts';
import { newCallId } from '../../src/core/ids.ts';
import { languages, type Language } from '../../src/core/language.ts';
import { writtenText } from '../../src/core/speech.ts';
import type { SentenceEncoder, Understander } from '../../src/core/understanding.ts';
import { createDialogEngine } from '../../src/dialog/engine.ts';
import { compileFlowPack } from '../../src/dialog/flow-pack.ts';
import { createLogger } from '../../src/observe/logger.ts';

export interface ChatOptions {
  readonly config: Config;
  /** Folder of the flows to talk with. */
  readonly directory: string;
  readonly language: Language;
  /** The number that calls; a demo caller's is known to the shop. */
  readonly from: string;
  /** Shows flow, step, what is expected, understanding and what the shop was asked. */
  readonly debug: boolean;
  /** Lines of the caller; without it they are read from the terminal or a pipe. */
  readonly script: string | undefined;
}

const write = (text: string): void => void process.stdout.write(`${text}\n`);

/**
 * Talks with flows by text: each line is what the caller writes. `/keys 123#` presses keys, `/silence` says nothing, `/bye` hangs up.
 * Resolves with the exit code: 0 when the conversation came to an end or the lines did.
 */
export async function chat(options: ChatOptions): Promise<number> {
  const { config, directory, language, debug } = options;
  const pack = compileFlowPack(new Map(Object.entries(await readFlowFiles(directory))), directory);
  const log = createLogger('silent');
  const encoder = await startEncoder(openModelStore(config), config.language, systemClock);
  const shop = config.shop
    ? createHttpBackend({ baseUrl: config.shop.url, token: config.shop.token, log })
    : createDemoShop({
        seed: config.demoSeed,
        onVerificationCode: ({ channel, code }) => write(`  [the shop sends the code ${code} by ${channel}]`),
      }).backend;
  try {
    const engine = createDialogEngine(pack, { voiceLanguages: languages });
    const understander = await understand(pack, encoder, config.dataDir);
    const conversation = new Conversation(engine, understander, shop, debug);
    await conversation.begin(options.from, language);
    for await (const line of linesOf(options.script)) {
      if (options.script !== undefined || !process.stdin.isTTY) write(`> ${line}`);
      await conversation.take(line.trim());
      if (conversation.isOver) break;
    }
    return 0;
  } finally {
    await shop.close();
    await encoder.close();
  }
}

/** What a call would understand with: the promoted head and the examples of these flows. */
async function understand(
  pack: ReturnType<typeof compileFlowPack>,
  encoder: SentenceEncoder,
  dataDir: string,
): Promise<Understander> {
  const running = await runHead({ dataDir, encoderId: encoder.id, clock: systemClock, log: createLogger('silent') });
  running.close();
  const cacheDirectory = join(dataDir, 'examples');
  return (await understandFlows(pack, { encoder, head: () => running.head, cacheDirectory }))();
}

async function* linesOf(script: string | undefined): AsyncGenerator<string> {
  if (script !== undefined) {
    let text: string;
    try {
      text = await readFile(script, 'utf8');
    } catch (error) {
      throw new KefuError('config_invalid', `The script ${script} cannot be read: ${String(error)}`, { cause: error });
    }
    // Empty lines and notes are for people.
    yield* text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
    return;
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  if (process.stdin.isTTY) terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() !== '') yield line;
    if (process.stdin.isTTY) terminal.prompt();
  }
}

/** One conversation by text: what the conductor of a call does, without a line. */
class Conversation {
  readonly #engine: DialogEngine;
  readonly #understander: Understander;
  readonly #shop: CommerceBackend;
  readonly #debug: boolean;
  #state: DialogState | undefined;
  #expecting: Expecting | null = null;
  #place = '';
  isOver = false;
  /** Shop requests under way. */
  readonly #tasks = new Set<Promise<void>>();

  constructor(engine: DialogEngine, understander: Understander, shop: CommerceBackend, debug: boolean) {
    this.#engine = engine;
    this.#understander = understander;
    this.#shop = shop;
    this.#debug = debug;
  }

  async begin(from: string, language: Language): Promise<void> {
    const atEpochMs = systemClock.epochMs();
    const step = this.#engine.start({
      type: 'call-started',
      callId: newCallId(atEpochMs),
      gateway: 'chat',
      from,
      to: '',
      language,
      atEpochMs,
      channel: 'text',
    });
    this.#apply(step);
    await this.#settle();
  }

  async take(line: string): Promise<void> {
    const [, command = '', argument = ''] = /^\/(\w+)\s*(.*)$/.exec(line) ?? [];
    if (command === 'keys') this.#advance({ type: 'digits', digits: argument.replace(/#$/, '') });
    else if (command === 'silence') this.#advance({ type: 'no-input' });
    else if (command === 'bye') {
      this.#advance({ type: 'caller-hung-up' });
      this.isOver = true;
    } else if (command !== '') write('  [known are /keys 123#, /silence and /bye]');
    else await this.#say(line);
    await this.#settle();
  }

  async #say(text: string): Promise<void> {
    const language = this.#state?.language ?? 'en';
    const understanding = await this.#understander.understand(text, { language, expecting: this.#expecting });
    if (this.#debug) {
      const intents = understanding.intents.slice(0, 3).map(({ intent, score }) => `${intent} ${score.toFixed(2)}`);
      write(`  [understood: ${intents.join(', ') || 'no intent'}]`);
    }
    this.#advance({ type: 'utterance', understanding, confidence: undefined, alternatives: [] });
  }

  #advance(event: DialogEvent): void {
    if (this.#state) this.#apply(this.#engine.advance(this.#state, event));
  }

  #apply(step: { readonly state: DialogState; readonly effects: readonly DialogEffect[] }): void {
    this.#state = step.state;
    for (const effect of step.effects) this.#carryOut(effect);
  }

  /** Waits until nothing is under way at the shop, so that a line of a script meets the question it answers. */
  async #settle(): Promise<void> {
    while (this.#tasks.size > 0) await Promise.all(this.#tasks);
  }

  #carryOut(effect: DialogEffect): void {
    switch (effect.type) {
      case 'say':
        write(writtenText(effect.utterance));
        return;
      case 'listen':
        this.#expecting = effect.expecting;
        if (this.#debug) {
          const { slot, kind, choices = [] } = effect.expecting;
          const options = choices.length > 0 ? `: ${choices.map(({ id }) => id).join(', ')}` : '';
          write(`  [${this.#place}, expecting ${slot} (${kind})${options}]`);
        }
        return;
      case 'note':
        if (effect.name === 'dialog') this.#place = `${String(effect.data.flow)}.${String(effect.data.step)}`;
        else if (this.#debug) write(`  [note ${effect.name}: ${JSON.stringify(effect.data)}]`);
        return;
      case 'task':
        this.#ask(effect);
        return;
      case 'transfer':
        write(`  [a person with skill "${effect.skill}" takes over. ${effect.briefing.summary}]`);
        this.#later(() => {
          this.#advance({ type: 'transfer-finished', ok: true });
          return Promise.resolve();
        });
        return;
      case 'leave-queue':
        write('  [the place in line is given back]');
        return;
      case 'callback':
        write(`  [${effect.number} will be called back. ${effect.briefing.summary}]`);
        return;
      case 'voicemail':
        write('  [a message is recorded]');
        this.#later(() => {
          this.#advance({ type: 'voicemail-finished', ok: true, durationMs: 1000 });
          return Promise.resolve();
        });
        return;
      case 'end':
        write(`  [the call is over: ${effect.outcome}]`);
        this.isOver = true;
        return;
      case 'language':
    }
  }

  #ask(task: Extract<DialogEffect, { type: 'task' }>): void {
    this.#later(async () => {
      const result = await performTask(this.#shop, task, AbortSignal.timeout(30_000));
      if (this.#debug)
        write(`  [shop: ${task.operation} ${JSON.stringify(task.input)}: ${result.ok ? 'ok' : result.code}]`);
      this.#advance({ type: 'task-finished', taskId: task.taskId, result });
    });
  }

  /** Does something once the present step has been carried out. */
  #later(work: () => Promise<void>): void {
    const task = delay(0).then(work);
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}

import { demoCallers } from '../../src/commerce/demo-shop/callers.ts';
import { createDemoShop, type DemoShop } from '../../src/commerce/demo-shop/demo-shop.ts';
import { createDemoShopServer } from '../../src/commerce/demo-shop/http-server.ts';
import {
  callRecord,
  endedCall,
  eventually,
  listCalls,
  startKefu,
  type KefuInProcess,
} from './running-kefu.ts';
import { transcriptOf } from './scenario-player.ts';
import {
  isAlwaysTaken,
  isTaken,
  type Answer,
  type PlayedScenario,
  type Scenario,
} from './spoken-scenario.ts';
import { TextCaller, type TypedAnswer } from './text-caller.ts';

/** A Kefu for typed conversations, with a shop that is as new for each of them. */
export interface TypedStage {
  /** Gives the next conversation a shop as new. */
  renew(scenario: Scenario): void;
  /** Plays a conversation with a shop as new. */
  play(scenario: Scenario): Promise<PlayedScenario>;
  readonly kefu: KefuInProcess;
  close(): Promise<void>;
}

/** Where calls are handed over to; typed conversations name the skill instead. */
export const deskTarget = '+15550007777';

/** Starts a Kefu whose shop can be replaced between conversations: what one caller changes, the next must not find. */
export async function startTypedStage(): Promise<TypedStage> {
  let codes: string[] = [];
  let shop: DemoShop = createDemoShop();
  const renew = ({ without }: Scenario) => {
    codes = [];
    shop = createDemoShop({
      onVerificationCode: ({ code }) => codes.push(code),
      ...(without && { without }),
    });
  };
  const current: DemoShop = {
    get backend() {
      return shop.backend;
    },
    get data() {
      return shop.data;
    },
    get capabilities() {
      return shop.capabilities;
    },
    handle: (request) => shop.handle(request),
  };
  const server = createDemoShopServer({ shop: current, token: 'demo' });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const kefu = await startKefu({
    KEFU_SHOP_URL: url,
    KEFU_SHOP_TOKEN: 'demo',
    KEFU_TRANSFER_TARGET: deskTarget,
  });
  const known = new Set<string>();
  return {
    kefu,
    renew,
    play(scenario) {
      renew(scenario);
      return playTyped(scenario, kefu, known, () => codes.at(-1) ?? '');
    },
    async close() {
      await kefu.close();
      await server.close();
    },
  };
}

async function playTyped(
  { from, language, turns }: Scenario,
  kefu: KefuInProcess,
  known: Set<string>,
  code: () => string,
): Promise<PlayedScenario> {
  const { caller, greeting } = await TextCaller.start(kefu.url, { from, language });
  // People take longer to type than the shop to tell whose number it is.
  const callId = await eventually(async () => {
    const call = (await listCalls(kefu)).find((each) => each.from === from && !known.has(each.callId));
    return call && isRecognised(await callRecord(kefu, call.callId)) ? call.callId : undefined;
  }, `the shop's answer about ${from}`);
  known.add(callId);
  const typed: TypedAnswer[] = [greeting];
  /** The last answer to each turn that comes in any case, after the greeting. */
  const answers: TypedAnswer[] = [greeting];
  const lines: string[] = [`Kefu    ${greeting.words}`];
  for (const turn of turns) {
    if (!isTaken(turn, typed.at(-1)?.words ?? '')) continue;
    if (typed.at(-1)?.outcome !== undefined)
      throw new Error(`It was over before the caller's turn.\n${lines.join('\n')}`);
    const words =
      'say' in turn
        ? turn.say.replace(/\{(?:\w+:)?([^}]+)\}/g, (_, value: string) => (value === 'code' ? code() : value))
        : '';
    if ('keys' in turn) typed.push(await caller.keys(turn.keys));
    else if ('say' in turn) typed.push(await caller.say(words));
    else throw new Error('Silence and noise cannot be typed.');
    const [error] = typed.at(-1)?.errors ?? [];
    if (error !== undefined) throw new Error(`${error}\n${lines.join('\n')}`);
    const answer = typed.at(-1);
    if (!isAlwaysTaken(turn)) answers.pop();
    if (answer) answers.push(answer);
    lines.push(
      `Caller  ${'keys' in turn ? turn.keys : words}`,
      `Kefu    ${answer?.words ?? ''} (${answer?.expecting?.slot ?? answer?.outcome ?? ''})`,
    );
  }
  const endedByKefu = typed.at(-1)?.outcome !== undefined;
  await caller.leave();
  const { events } = await endedCall(kefu, callId);
  const transfers = typed.flatMap(({ transfer }) => (transfer ? [deskTarget] : []));
  return {
    events,
    end: { by: endedByKefu ? 'kefu' : 'caller', detail: undefined, said: [], streams: 1, transfers },
    answers: answers.map(({ words, expecting }): Answer => ({
      words,
      expecting: expecting?.slot,
      events: [],
    })),
    // What is typed is received as it is.
    recognised: typed.map(({ words }) => words).join(' '),
    transcript: `${lines.join('\n')}\n${transcriptOf(events)}`,
  };
}

/** Whether the shop has told all that the greeting is used to ask for: whose number it is, and the orders of a known caller. */
function isRecognised({ call, events }: Awaited<ReturnType<typeof callRecord>>): boolean {
  const last = demoCallers.some(({ phone }) => phone === call.from) ? 'listOrders' : 'findCustomers';
  return events.some(({ body }) => body.type === 'task-finished' && body.operation === last);
}
